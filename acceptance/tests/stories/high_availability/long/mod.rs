//! Stories that take too long for every run: `make test-long` tells them.

mod members;
mod running;
