//! Commands that the fake carries out by itself: files and units.

use super::State;
use super::answer::Answer;
use super::call::Call;
use super::files::FakeFile;
use crate::file::WRITE;
use crate::lock::lock;
use crate::unit::{AWAIT, DISCARD, OUTPUT, START, STATUS};

impl State {
    /// The answer to a call: a rule's, or the fake's own, or status 127.
    pub(super) fn answer(&self, call: Call) -> Answer {
        if let Some(answer) = lock(&self.rules).answer(&call) {
            return self.record(call, Some(answer));
        }
        match self.builtin(&call) {
            Some(answer) => answer,
            None => self.record(call, None),
        }
    }

    fn record(&self, mut call: Call, answer: Option<Answer>) -> Answer {
        call.scripted = answer.is_some();
        let name = call.argv.first().cloned().unwrap_or_default();
        lock(&self.calls).push(call);
        answer.unwrap_or_else(|| Answer::failure(127, format!("{name}: no answer is scripted\n")))
    }

    fn builtin(&self, call: &Call) -> Option<Answer> {
        let words: Vec<&str> = call.argv.iter().map(String::as_str).collect();
        match (words.as_slice(), call.script()) {
            (["true"], _) => Some(Answer::success()),
            (["cat", "--", path], _) => Some(self.read(path)),
            (["rm", "-f", "--", path], _) => {
                lock(&self.files).remove(path);
                Some(Answer::success())
            }
            (_, Some((WRITE, arguments))) => self.write(arguments, &call.stdin),
            (_, Some((START, arguments))) => Some(self.start_unit(arguments, call)),
            (_, Some((STATUS, [name]) | (AWAIT, [name, _]))) => {
                Some(Answer::stdout(lock(&self.units).show(name)))
            }
            (_, Some((OUTPUT, [name]))) => {
                let (stdout, stderr) = lock(&self.units).output(name);
                Some(Answer::stdout(stdout).with_stderr(stderr))
            }
            (_, Some((DISCARD, [name]))) => {
                lock(&self.units).remove(name);
                Some(Answer::success())
            }
            _ => None,
        }
    }

    fn read(&self, path: &str) -> Answer {
        match lock(&self.files).file(path) {
            Some(file) => Answer::stdout(file.content.clone()),
            None => Answer::failure(1, format!("cat: {path}: No such file or directory\n")),
        }
    }

    fn write(&self, arguments: &[String], content: &[u8]) -> Option<Answer> {
        let [path, mode, owner, size] = arguments else { return None };
        if *size != content.len().to_string() {
            return Some(Answer::failure(1, "not all bytes arrived\n"));
        }
        let mode = u32::from_str_radix(mode, 8).ok()?;
        let file = FakeFile { content: content.to_vec(), mode, owner: owner.clone() };
        lock(&self.files).write(path, file);
        Some(Answer::success())
    }

    /// Starts a unit; its command is answered by the rules, as one without a unit is.
    fn start_unit(&self, arguments: &[String], call: &Call) -> Answer {
        let Some(name) = arguments.first() else { return Answer::failure(2, "no name\n") };
        if lock(&self.units).has(name) {
            return Answer::stdout("found\n");
        }
        let words = arguments.iter().skip_while(|word| *word != "--").skip(1);
        let inner = Call { stdin: call.stdin.clone(), unit: Some(name.clone()), ..Call::default() };
        let inner = inner.strip_environment(words.map(|word| word.replace("$$", "$")).collect());
        let answer = self.answer(inner);
        let fault = Answer { fault: answer.fault, ..Answer::success() };
        lock(&self.units).start(name, answer);
        if fault == Answer::hang() { Answer::success() } else { fault }
    }
}
