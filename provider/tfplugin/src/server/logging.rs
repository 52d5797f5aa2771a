//! Logs in the form that core's log reader understands: a JSON object a line, on stderr.

use std::fmt::Debug;
use std::io::{self, Write as _};

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// Core splits longer lines and then no longer sees that they are JSON.
const LONGEST_MESSAGE: usize = 32 << 10;
/// Chatty below this level unless everything is asked for.
const QUIET: &str =
    "h2=info,hyper=info,hyper_util=info,rustls=info,russh=info,tonic=info,tower=info";

/// From now on events go to stderr, if their level is asked for by the environment.
pub(super) fn install(provider: &str) {
    let filter = EnvFilter::new(directives(provider, |name| std::env::var(name).ok()));
    let subscriber = tracing_subscriber::registry().with(HclogLayer.with_filter(filter));
    // Already set when the plugin runs inside a test.
    drop(tracing::subscriber::set_global_default(subscriber));
}

/// The most particular variable decides. Core itself filters again.
fn directives(provider: &str, variable: impl Fn(&str) -> Option<String>) -> String {
    let particular = format!("TF_LOG_PROVIDER_{}", provider.to_uppercase());
    let names = [particular.as_str(), "TF_LOG_PROVIDER", "TF_LOG"];
    let given = names.into_iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
    match given.unwrap_or_default().to_lowercase().as_str() {
        "json" | "trace" => "trace".to_owned(),
        "debug" => format!("debug,{QUIET}"),
        "warn" => "warn".to_owned(),
        "error" => "error".to_owned(),
        "off" => "off".to_owned(),
        _ => "info".to_owned(),
    }
}

struct HclogLayer;

/// Fields of a span, for the events within.
struct SpanFields(Map<String, Value>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for HclogLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(SpanFields(fields.others));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        if let Some(span) = context.span(id)
            && let Some(present) = span.extensions_mut().get_mut::<SpanFields>()
        {
            present.0.extend(fields.others);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Map::new();
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(fields) = span.extensions().get::<SpanFields>() {
                let fields = fields.0.iter();
                line.extend(fields.map(|(name, value)| (name.clone(), value.clone())));
            }
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        line.extend(fields.others);
        let metadata = event.metadata();
        head(&mut line, *metadata.level(), metadata.target(), &fields.message);
        let mut text = Value::Object(line).to_string();
        text.push('\n');
        // There is nowhere to tell that the log is broken.
        drop(io::stderr().lock().write_all(text.as_bytes()));
    }
}

/// Anything but a string in these would be the end of core.
fn head(line: &mut Map<String, Value>, level: Level, target: &str, message: &str) {
    let now = format!("{:.6}", jiff::Timestamp::now());
    let entries = [
        ("@level", level.to_string().to_lowercase()),
        ("@message", shortened(message)),
        ("@module", target.replace("::", ".")),
        ("@timestamp", now),
    ];
    for (name, text) in entries {
        line.insert(name.to_owned(), Value::String(text));
    }
}

fn shortened(message: &str) -> String {
    let end = message.floor_char_boundary(LONGEST_MESSAGE);
    match message.split_at_checked(end) {
        Some((start, rest)) if !rest.is_empty() => format!("{start}..."),
        _ => message.to_owned(),
    }
}

#[derive(Default)]
struct Fields {
    message: String,
    others: Map<String, Value>,
}

impl Fields {
    fn add(&mut self, field: &Field, text: String) {
        if field.name() == "message" {
            self.message = text;
        } else {
            let text = Value::String(shortened(&text));
            self.others.insert(field.name().to_owned(), text);
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_particular_variable_decides() {
        let variables = |name: &str| match name {
            "TF_LOG" => Some("trace".to_owned()),
            "TF_LOG_PROVIDER_SHELF" => Some("WARN".to_owned()),
            _ => None,
        };
        assert_eq!(directives("shelf", variables), "warn");
        assert_eq!(directives("other", variables), "trace");
        assert_eq!(directives("other", |_| None), "info");
    }

    #[test]
    fn the_head_is_as_core_wants_it() {
        let mut line = Map::new();
        head(&mut line, Level::WARN, "a::b", &"x".repeat(LONGEST_MESSAGE + 1));
        assert_eq!(line.get("@level"), Some(&"warn".into()));
        assert_eq!(line.get("@module"), Some(&"a.b".into()));
        let time = line.get("@timestamp").unwrap().as_str().unwrap();
        let fraction = time.rsplit_once('.').unwrap().1;
        assert_eq!(fraction.len(), "123456Z".len(), "{time}");
        let message = line.get("@message").unwrap().as_str().unwrap();
        assert!(message.len() <= LONGEST_MESSAGE + 3);
    }
}
