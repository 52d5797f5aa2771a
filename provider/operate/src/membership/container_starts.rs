//! How often the container of a static pod was started: the log of each start has a number.

use super::subject::Subject;
use cluster::static_pod::Component;
use host::Command;
use std::time::Duration;

/// How often a container is looked at that may be dying.
const WATCH: Duration = Duration::from_secs(3);

/// Further starts of a container after which it is given up: the first may have met others that were
/// restarting, too.
const DEADLY: usize = 3;

/// The pod of a component whose container wrote last, the number of that container's start, and what it
/// said. The oldest logs are cleared away. `$1` the component.
const STARTS: &str = r#"
last=$(ls -t /var/log/pods/kube-system_"$1"-*/"$1"/*.log 2>/dev/null | head -n 1)
[ -n "$last" ] || exit 1
dirname "$(dirname "$last")"
basename "$last" .log
tail -n 15 "$last" | cut -d ' ' -f 4- | cut -c -400"#;

/// The last start of a component's container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Start {
    /// Directory of the pod's logs, `NAMESPACE_NAME_UID`: a new manifest makes a new pod.
    pod: String,
    number: usize,
    /// What the container said last.
    pub(super) said: String,
}

impl Start {
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.splitn(3, '\n');
        let (pod, number) = (lines.next()?.to_owned(), lines.next()?.trim().parse().ok()?);
        Some(Self { pod, number, said: lines.next().unwrap_or_default().trim_end().to_owned() })
    }

    /// UID of its pod, which a kubelet makes from the manifest and calls its hash.
    pub(super) fn hash(&self) -> Option<&str> {
        self.pod.rsplit_once('_').map(|(_, uid)| uid)
    }

    /// How often it was started again since `former` was seen.
    pub(super) fn since(&self, former: Option<&Self>) -> usize {
        match former.filter(|former| former.pod == self.pod) {
            Some(former) => self.number.saturating_sub(former.number),
            None => self.number,
        }
    }
}

impl Subject<'_> {
    /// The last start of a component's container, when it can be told.
    pub(super) async fn last_start(&self, component: Component) -> Option<Start> {
        let command = Command::script(STARTS).arg(component.name());
        let output = Box::pin(self.run("look at a container", &command)).await.ok()?;
        Start::parse(&output.stdout_text())
    }

    /// Ends when one of these components was started so often, since its `former` start was seen, that
    /// no waiting would help; which, and what it said.
    pub(super) async fn dying(
        &self,
        components: &[(Component, Option<Start>)],
    ) -> (Component, Start) {
        loop {
            tokio::time::sleep(WATCH).await;
            for (component, former) in components {
                let start = self.last_start(*component).await;
                if let Some(start) = start.filter(|it| it.since(former.as_ref()) >= DEADLY) {
                    return (*component, start);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_are_counted_from_the_former() {
        let start = |text: &str| Start::parse(text).unwrap();
        let former = start("/var/log/pods/a\n7\nwell\n");
        assert_eq!(start("/var/log/pods/kube-system_etcd-cp1_0a1b\n0\n").hash(), Some("0a1b"));
        assert_eq!(former.hash(), None);
        assert_eq!(start("/var/log/pods/a\n9\nunknown flag\n").since(Some(&former)), 2);
        let other = start("/var/log/pods/b\n3\nunknown flag: --x\nusage\n");
        assert_eq!((other.since(Some(&former)), other.since(None)), (3, 3));
        assert_eq!(other.said, "unknown flag: --x\nusage");
        assert_eq!(Start::parse(""), None);
    }
}
