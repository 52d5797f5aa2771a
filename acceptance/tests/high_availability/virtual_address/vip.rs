//! Who holds the address, and for how long nobody answered there.

use std::time::{Duration, Instant};

use acceptance::{Lab, wait_until};
use anyhow::{Context, Result, ensure};

use super::{ADDRESS, MEMBERS, WORKER};
use crate::record::longest_gap;
use crate::stream::Stream;

/// Asks all the time; `000` when nothing answers within a second.
const ASK: &str = r#"
while :; do
    curl --silent --insecure --max-time 1 --output /dev/null --write-out '%{http_code}\n' "$url"
    sleep 0.1
done
"#;

/// The one member that holds the address.
pub(super) fn holder(lab: &Lab) -> Result<&'static str> {
    let mut found = Vec::new();
    wait_until(Duration::from_secs(10), || {
        found = holders(lab);
        Ok(found.len() == 1)
    })
    .with_context(|| "one member should hold the address")?;
    found.first().copied().context("a holder")
}

/// Hosts that are down hold nothing.
pub(super) fn holders(lab: &Lab) -> Vec<&'static str> {
    let look = format!("ip -4 -brief address show to {ADDRESS}/32");
    let holds = |host: &&str| {
        let output = lab.try_ssh(host, &look);
        output.is_ok_and(|it| it.status.success() && !it.stdout.is_empty())
    };
    MEMBERS.into_iter().filter(holds).collect()
}

/// Somebody on the worker who asks for the API at the address all the time.
pub(super) struct Gaps(Stream);

impl Gaps {
    pub(super) fn watch(lab: &Lab) -> Result<Self> {
        let url = format!("url=https://{ADDRESS}:8443/readyz");
        let stream = Stream::start(lab, WORKER, &format!("{url}\n{ASK}"))?;
        stream.wait_for_a_line()?;
        Ok(Self(stream))
    }

    /// Ends it once the address leads somewhere again.
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

/// Until an API server has answered at the address, several times in a row.
pub(super) fn wait_until_it_leads_somewhere(lab: &Lab) -> Result<()> {
    let url = format!("https://{ADDRESS}:8443/readyz");
    let ask = format!(
        "for i in 1 2 3 4 5; do curl --silent --insecure --fail --max-time 1 {url} || exit 1; sleep 0.2; done"
    );
    wait_until(Duration::from_mins(1), || Ok(lab.try_ssh(WORKER, &ask)?.status.success()))
        .context("the address should lead to an API server")
}
