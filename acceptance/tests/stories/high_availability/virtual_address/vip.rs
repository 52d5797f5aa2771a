//! Who holds the address, and for how long nobody answered there.

use std::time::{Duration, Instant};

use acceptance::{Lab, wait_until};
use anyhow::{Context, Result, ensure};

use crate::high_availability::record::longest_gap;
use crate::high_availability::stream::Stream;

/// Asks all the time; `000` when nothing answers within a second.
const ASK: &str = r#"
while :; do
    curl --silent --insecure --max-time 1 --output /dev/null --write-out '%{http_code}\n' "$url"
    sleep 0.1
done
"#;

/// An address, who may hold it, and who looks at it from outside.
pub(super) struct Vip {
    pub(super) members: [&'static str; 3],
    pub(super) worker: &'static str,
    pub(super) address: &'static str,
    pub(super) port: u16,
    /// Whether a host has the address for others.
    pub(super) holds: fn(&Lab, &str) -> bool,
}

impl Vip {
    /// The one member that holds the address.
    pub(super) fn holder(&self, lab: &Lab) -> Result<&'static str> {
        let mut found = Vec::new();
        wait_until(Duration::from_secs(20), || {
            found = self.holders(lab);
            Ok(found.len() == 1)
        })
        .context("one member should hold the address")?;
        found.first().copied().context("a holder")
    }

    /// Hosts that are down hold nothing.
    fn holders(&self, lab: &Lab) -> Vec<&'static str> {
        let holds = |host: &&str| (self.holds)(lab, host);
        self.members.into_iter().filter(holds).collect()
    }

    /// Somebody on the worker asks for the API at the address from now on.
    pub(super) fn watch(&self, lab: &Lab) -> Result<Gaps> {
        let stream = Stream::start(lab, self.worker, &format!("url={}\n{ASK}", self.url()))?;
        stream.wait_for_a_line()?;
        Ok(Gaps(stream))
    }

    /// Until an API server has answered at the address, several times in a row.
    pub(super) fn wait_until_it_leads_somewhere(&self, lab: &Lab) -> Result<()> {
        let ask = format!(
            "for i in 1 2 3 4 5; do \
             curl --silent --insecure --fail --max-time 1 {} || exit 1; sleep 0.2; done",
            self.url()
        );
        wait_until(Duration::from_mins(1), || Ok(lab.try_ssh(self.worker, &ask)?.status.success()))
            .context("the address should lead to an API server")
    }

    fn url(&self) -> String {
        format!("https://{}:{}/readyz", self.address, self.port)
    }
}

/// Somebody who asks all the time.
pub(super) struct Gaps(Stream);

impl Gaps {
    /// Ends it; nobody answered for no longer than this.
    #[expect(clippy::print_stderr, reason = "the figure is worth knowing")]
    pub(super) fn require_at_most(self, what: &str, limit: Duration) -> Result<()> {
        let lines = self.0.end()?;
        let looks: Vec<(Instant, bool)> =
            lines.iter().map(|(time, line)| (*time, line == "200")).collect();
        let gap = longest_gap(&looks).context("the API was never seen")?;
        let (seconds, looks) = (gap.as_secs_f64(), looks.len());
        eprintln!("{what}: nobody answered for {seconds:.1} s, in {looks} looks");
        ensure!(gap <= limit, "{what}: nobody answered for {gap:?}, {limit:?} are allowed");
        Ok(())
    }
}

/// Whether a host prints something.
pub(super) fn prints(lab: &Lab, host: &str, command: &str) -> bool {
    let output = lab.try_ssh(host, command);
    output.is_ok_and(|it| it.status.success() && !it.stdout.is_empty())
}
