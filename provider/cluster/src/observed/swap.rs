//! Swap: what is on now, and what would turn it on at the next boot.

use super::{Fact, Sections};
use crate::node::{FSTAB_MARK, is_swap_line};
use serde::Serialize;

/// Swap: what is on now, and what would turn it on at the next boot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SwapState {
    /// Devices and files in use.
    pub active: Fact<Vec<String>>,
    /// Swap lines of `/etc/fstab`, as they stand there; none of ours.
    pub fstab: Fact<Vec<String>>,
    /// Swap lines of `/etc/fstab` behind our mark, without it.
    pub marked: Fact<Vec<String>>,
    /// systemd's swap units that are not masked.
    pub units: Fact<Vec<SwapUnit>>,
    /// systemd's swap units that are masked.
    pub masked: Fact<Vec<String>>,
}

/// One swap unit of systemd.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SwapUnit {
    /// Such as `dev-sda2.swap`.
    pub name: String,
    /// Where it comes from.
    pub origin: SwapOrigin,
}

/// Where a swap unit comes from: decides what keeps it from coming back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum SwapOrigin {
    /// Made from `/etc/fstab`: gone once the line is.
    Fstab,
    /// A unit file, or a generator such as those for GPT partitions and zram: must be masked.
    Other,
}

impl SwapState {
    pub(super) fn parse(sections: &Sections) -> Self {
        Self {
            active: sections.text("swaps").map(|text| active(&text)),
            fstab: sections.text("fstab_swap").map(|text| lines(&text)),
            marked: sections.text("fstab_swap").map(|text| marked(&text)),
            units: sections.text("swap_units").map(|text| units(&text)),
            masked: sections.text("swap_units").map(|text| masked(&text)),
        }
    }
}

/// `/proc/swaps`: a heading, then a line each; blanks in names are written `\040`.
fn active(text: &str) -> Vec<String> {
    let name = |line: &str| line.split_whitespace().next().map(|name| name.replace("\\040", " "));
    text.lines().skip(1).filter_map(name).collect()
}

fn lines(text: &str) -> Vec<String> {
    text.lines().filter(|line| is_swap_line(line)).map(str::to_owned).collect()
}

fn marked(text: &str) -> Vec<String> {
    text.lines().filter_map(|line| line.strip_prefix(FSTAB_MARK)).map(str::to_owned).collect()
}

/// Blocks of `systemctl show`.
///
/// Aliases of one device are units of their own; those from fstab need nothing.
fn units(text: &str) -> Vec<SwapUnit> {
    let mut units: Vec<SwapUnit> = text.split("\n\n").filter_map(unit).collect();
    units.sort();
    units.dedup();
    units
}

fn masked(text: &str) -> Vec<String> {
    let blocks = text.split("\n\n").filter(|block| value(block, "LoadState") == Some("masked"));
    blocks.filter_map(|block| value(block, "Id")).map(str::to_owned).collect()
}

fn value<'b>(block: &'b str, key: &str) -> Option<&'b str> {
    block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).map(str::trim)
}

fn unit(block: &str) -> Option<SwapUnit> {
    let name = value(block, "Id")?.to_owned();
    if value(block, "LoadState") != Some("loaded") {
        return None;
    }
    // Units that follow from /proc/swaps alone have no file: nothing turns them on at boot.
    if value(block, "FragmentPath").is_none_or(str::is_empty) {
        return None;
    }
    let origin = match value(block, "SourcePath") {
        Some("/etc/fstab") => SwapOrigin::Fstab,
        _ => SwapOrigin::Other,
    };
    Some(SwapUnit { name, origin })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_swaps_has_a_heading() {
        let text = "Filename\t\t\t\tType\t\tSize\n/dev/sda2  partition\t1\n/swap\\040file file 2\n";
        assert_eq!(active(text), ["/dev/sda2", "/swap file"]);
        assert!(active("Filename Type\n").is_empty());
    }

    #[test]
    fn units_of_fstab_and_others_are_told_apart() {
        let text = "Id=dev-sda2.swap\nLoadState=loaded\nFragmentPath=/run/systemd/generator/dev-sda2.swap\nSourcePath=/etc/fstab\n\nId=dev-zram0.swap\nLoadState=loaded\nFragmentPath=/run/systemd/generator/dev-zram0.swap\nSourcePath=\n\nId=a.swap\nLoadState=masked\nFragmentPath=/etc/systemd/system/a.swap\n\nId=dev-disk.swap\nLoadState=loaded\nFragmentPath=\n";
        let found: Vec<_> = units(text).into_iter().map(|unit| (unit.name, unit.origin)).collect();
        assert_eq!(
            found,
            [
                ("dev-sda2.swap".to_owned(), SwapOrigin::Fstab),
                ("dev-zram0.swap".to_owned(), SwapOrigin::Other),
            ]
        );
        assert_eq!(masked(text), ["a.swap"]);
    }
}
