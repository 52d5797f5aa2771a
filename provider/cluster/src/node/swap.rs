//! Swap off, now and at every boot.

use super::intent::{NodeIntent, SwapPolicy};
use super::parts::Parts;
use super::record::Change;
use super::step::{Action, Difference};
use crate::observed::{Observed, SwapOrigin};

/// Put before swap lines of `/etc/fstab`.
pub const FSTAB_MARK: &str = "# off by terraform-provider-kubeadm: ";

const BECAUSE: &str = "the kubelet does not start with swap on";

pub(super) fn parts(intent: &NodeIntent, observed: &Observed) -> Parts {
    let mut parts = Parts::default();
    if intent.swap == SwapPolicy::Off {
        fstab(&mut parts, observed);
        units(&mut parts, observed);
        devices(&mut parts, observed);
    }
    parts
}

fn fstab(parts: &mut Parts, observed: &Observed) {
    let lines = observed.swap.fstab.known().cloned().unwrap_or_default();
    if lines.is_empty() {
        return;
    }
    for line in &lines {
        parts.differences.push(Difference::new(
            "swap at boot",
            "none",
            format!("/etc/fstab: {line}"),
            BECAUSE,
        ));
    }
    parts.changes.push(Change::FstabSwap { lines });
    parts.actions.extend([Action::DisableFstabSwap, Action::ReloadUnits]);
}

fn units(parts: &mut Parts, observed: &Observed) {
    let units = observed.swap.units.known().into_iter().flatten();
    for unit in units.filter(|unit| unit.origin == SwapOrigin::Other) {
        parts.differences.push(Difference::new("swap at boot", "none", unit.name.clone(), BECAUSE));
        parts.changes.push(Change::UnitMask { unit: unit.name.clone() });
        parts.actions.push(Action::MaskUnit(unit.name.clone()));
    }
}

/// Last, so that no unit turns a device on again.
fn devices(parts: &mut Parts, observed: &Observed) {
    for device in observed.swap.active.known().into_iter().flatten() {
        parts.differences.push(Difference::new("swap", "off", format!("on: {device}"), BECAUSE));
        parts.changes.push(Change::SwapDevice { device: device.clone() });
        parts.actions.push(Action::SwapOff(device.clone()));
    }
}

/// `/etc/fstab` with our mark before every swap line.
#[must_use]
pub fn without_swap(fstab: &str) -> String {
    edited(
        fstab,
        |line| {
            if is_swap_line(line) { format!("{FSTAB_MARK}{line}") } else { line.to_owned() }
        },
    )
}

/// `/etc/fstab` with our marks taken away.
#[must_use]
pub fn with_swap(fstab: &str) -> String {
    edited(fstab, |line| line.strip_prefix(FSTAB_MARK).unwrap_or(line).to_owned())
}

/// Whether a line of `/etc/fstab` is about swap and in force.
#[must_use]
pub fn is_swap_line(line: &str) -> bool {
    let line = line.trim_start();
    !line.starts_with('#') && line.split_whitespace().nth(2) == Some("swap")
}

/// Every line ending is kept as it is.
fn edited(text: &str, edit: impl Fn(&str) -> String) -> String {
    text.split_inclusive('\n')
        .map(|line| match line.strip_suffix('\n') {
            Some(line) => edit(line) + "\n",
            None => edit(line),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_swap_lines_are_marked() {
        let fstab = "UUID=1 / ext4 defaults 0 1\n/dev/sda2 none swap sw 0 0\n#/dev/sdb none swap sw\n\t/swap\tswap\tswap";
        let expected = format!(
            "UUID=1 / ext4 defaults 0 1\n{FSTAB_MARK}/dev/sda2 none swap sw 0 0\n#/dev/sdb none swap sw\n{FSTAB_MARK}\t/swap\tswap\tswap"
        );
        assert_eq!(without_swap(fstab), expected);
    }

    proptest! {
        #[test]
        fn marks_come_off_again(fstab in "([a-z# /]{0,9}( swap| none swap sw)?\r?\n){0,6}[a-z ]{0,4}") {
            prop_assert_eq!(with_swap(&without_swap(&fstab)), fstab.clone());
            prop_assert!(!without_swap(&fstab).lines().any(is_swap_line));
        }
    }
}
