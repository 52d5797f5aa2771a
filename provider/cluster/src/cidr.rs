//! Address ranges: what they hold and whether they meet.

use ipnet::IpNet;

/// The prefix length Kubernetes gives each node by default.
#[must_use]
pub fn default_node_mask(pod_subnet: &IpNet) -> u8 {
    match pod_subnet {
        IpNet::V4(_) => 24,
        IpNet::V6(_) => 64,
    }
}

/// Why a range of pods cannot be divided among nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CapacityError {
    /// The node's part is larger than the range.
    #[error("a node's part of /{node_mask} is larger than the range of /{prefix}")]
    MaskTooShort {
        /// Prefix length of a node's part.
        node_mask: u8,
        /// Prefix length of the range.
        prefix: u8,
    },
    /// The controller that hands the parts out holds a bit for each and refuses more than 2^16.
    #[error("a node's part of /{node_mask} is more than 16 bits below the range's /{prefix}")]
    TooManyParts {
        /// Prefix length of a node's part.
        node_mask: u8,
        /// Prefix length of the range.
        prefix: u8,
    },
    /// The address family has no such prefix length.
    #[error("/{node_mask} is not a prefix length of this address family, which ends at /{longest}")]
    MaskTooLong {
        /// Prefix length of a node's part.
        node_mask: u8,
        /// The longest there is: 32 or 128.
        longest: u8,
    },
}

/// How many nodes a range of pods serves when each node gets a part with prefix `node_mask`.
///
/// # Errors
/// When the range cannot be divided so.
pub fn node_capacity(pod_subnet: &IpNet, node_mask: u8) -> Result<u64, CapacityError> {
    let prefix = pod_subnet.prefix_len();
    let longest = pod_subnet.max_prefix_len();
    if node_mask > longest {
        return Err(CapacityError::MaskTooLong { node_mask, longest });
    }
    let Some(bits) = node_mask.checked_sub(prefix) else {
        return Err(CapacityError::MaskTooShort { node_mask, prefix });
    };
    if bits > 16 {
        return Err(CapacityError::TooManyParts { node_mask, prefix });
    }
    Ok(1 << bits)
}

/// How many addresses a range holds; `u128::MAX` for all of IPv6.
#[must_use]
pub fn address_count(subnet: &IpNet) -> u128 {
    let bits = subnet.max_prefix_len() - subnet.prefix_len();
    1_u128.checked_shl(u32::from(bits)).unwrap_or(u128::MAX)
}

/// Whether two ranges share an address.
#[must_use]
pub fn overlap(one: &IpNet, other: &IpNet) -> bool {
    one.contains(other) || other.contains(one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::{IpAddr, Ipv4Addr};

    fn subnet(text: &str) -> IpNet {
        text.parse().unwrap()
    }

    #[test]
    fn capacities() {
        let cases = [
            ("10.244.0.0/16", 24, Ok(256)),
            ("10.244.0.0/24", 24, Ok(1)),
            ("10.0.0.0/8", 24, Ok(65_536)),
            ("fd00::/48", 64, Ok(65_536)),
            ("10.244.0.0/24", 20, Err(CapacityError::MaskTooShort { node_mask: 20, prefix: 24 })),
            ("10.0.0.0/8", 25, Err(CapacityError::TooManyParts { node_mask: 25, prefix: 8 })),
            ("10.0.0.0/24", 33, Err(CapacityError::MaskTooLong { node_mask: 33, longest: 32 })),
        ];
        for (text, mask, expected) in cases {
            assert_eq!(node_capacity(&subnet(text), mask), expected, "{text} {mask}");
        }
    }

    #[test]
    fn counts() {
        assert_eq!(address_count(&subnet("10.96.0.0/12")), 1 << 20);
        assert_eq!(address_count(&subnet("10.0.0.1/32")), 1);
        assert_eq!(address_count(&subnet("::/0")), u128::MAX);
    }

    #[test]
    fn families_never_meet() {
        assert!(!overlap(&subnet("0.0.0.0/0"), &subnet("::/0")));
    }

    fn any_subnet() -> impl Strategy<Value = IpNet> {
        (any::<u32>(), 0_u8..=32).prop_map(|(address, prefix)| {
            let address = IpAddr::V4(Ipv4Addr::from(address));
            IpNet::new(address, prefix).unwrap().trunc()
        })
    }

    proptest! {
        #[test]
        fn overlap_is_a_shared_address(one in any_subnet(), other in any_subnet()) {
            let shared = one.contains(&other.network()) || other.contains(&one.network());
            prop_assert_eq!(overlap(&one, &other), shared);
            prop_assert_eq!(overlap(&one, &other), overlap(&other, &one));
        }

        #[test]
        fn parts_fill_the_range(subnet in any_subnet(), mask in 0_u8..=32) {
            if let Ok(capacity) = node_capacity(&subnet, mask) {
                let part = 1_u128 << (32 - mask);
                prop_assert_eq!(u128::from(capacity) * part, address_count(&subnet));
            }
        }
    }
}
