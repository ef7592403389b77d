//! Networks of a host, as its kernel tells of them.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// A port that something listens on: address (empty for all), number, protocol.
pub(super) type Listening = (String, u16, String);

/// A network interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// Whether it is switched on.
    pub is_up: bool,
    /// Its addresses.
    pub addresses: BTreeSet<IpAddr>,
}

/// What a firewall is doing, as far as the deploy user can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirewallState {
    /// It is on.
    On,
    /// It is installed, and off.
    Off,
    /// The deploy user may not look.
    Hidden,
}

/// The flags of an interface, in hexadecimal: the first says that it is on.
pub(super) fn is_up(flags: &str) -> bool {
    let digits = flags.trim_start_matches("0x");
    u32::from_str_radix(digits, 16).is_ok_and(|flags| flags & 1 == 1)
}

/// A line of `/proc/net/tcp` and its like: `0: 0100007F:0035 00000000:0000 0A ...`.
pub(super) fn parse_listening(line: &str, protocol: &str) -> Option<Listening> {
    let local = line.split_whitespace().nth(1)?;
    let (address, port) = local.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let address = parse_address(address)?;
    Some((address, port, protocol.trim_end_matches('6').to_owned()))
}

/// An address as the kernel prints it: words of 32 bits in the order of the machine, which is
/// little endian wherever Docker runs homelabs. Empty for "all".
fn parse_address(hex: &str) -> Option<String> {
    let word = |at: usize| Some(u32::from_str_radix(hex.get(at..at + 8)?, 16).ok()?.swap_bytes());
    match hex.len() {
        8 => {
            let address = Ipv4Addr::from_bits(word(0)?);
            Some(if address.is_unspecified() { String::new() } else { address.to_string() })
        }
        32 => {
            let bits = [0, 8, 16, 24]
                .iter()
                .try_fold(0_u128, |bits, at| Some((bits << 32) | u128::from(word(*at)?)))?;
            let address = Ipv6Addr::from_bits(bits);
            Some(match address.to_ipv4_mapped() {
                Some(address) if !address.is_unspecified() => address.to_string(),
                Some(_) => String::new(),
                None if address.is_unspecified() => String::new(),
                None => address.to_string(),
            })
        }
        _ => None,
    }
}
