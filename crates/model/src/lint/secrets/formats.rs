//! Tokens that are known by their look: what their makers put in front of them, and how they go on.

/// A kind of token. The prefixes and lengths are those that the makers document for secret
/// scanning.
struct Format {
    /// What a finding calls it.
    name: &'static str,
    prefixes: &'static [&'static str],
    /// How many characters follow the prefix, at least and at most.
    len: (usize, usize),
    alphabet: Alphabet,
}

#[derive(Clone, Copy)]
enum Alphabet {
    /// `A-Z0-9`
    Upper,
    /// `a-f0-9`
    Hex,
    /// `A-Za-z0-9`
    Alnum,
    /// `A-Za-z0-9_-`
    Url,
    /// `A-Za-z0-9_.-`
    Dotted,
}

impl Alphabet {
    fn has(self, byte: u8) -> bool {
        match self {
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Hex => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
            Self::Alnum => byte.is_ascii_alphanumeric(),
            Self::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'),
        }
    }
}

const fn format(
    name: &'static str,
    prefixes: &'static [&'static str],
    len: (usize, usize),
    alphabet: Alphabet,
) -> Format {
    Format { name, prefixes, len, alphabet }
}

const MANY: usize = 600;

const FORMATS: &[Format] = &[
    format("a GitHub token", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], (36, 255), Alphabet::Alnum),
    format("a GitHub token", &["github_pat_"], (40, 255), Alphabet::Url),
    format(
        "a GitLab token",
        &["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glimt-", "glsoat-", "glagent-"],
        (20, 300),
        Alphabet::Dotted,
    ),
    format(
        "a Slack token",
        &["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-"],
        (20, 255),
        Alphabet::Url,
    ),
    format("a Slack token", &["xapp-"], (30, 255), Alphabet::Url),
    format("an AWS access key", &["AKIA", "ASIA", "ABIA", "ACCA"], (16, 16), Alphabet::Upper),
    format("a Google API key", &["AIza"], (35, 35), Alphabet::Url),
    format("a Google client secret", &["GOCSPX-"], (28, 28), Alphabet::Url),
    format("a Google token", &["ya29."], (30, MANY), Alphabet::Dotted),
    format("a Stripe key", &["sk_live_", "rk_live_", "sk_test_"], (16, 255), Alphabet::Alnum),
    format("a Stripe webhook secret", &["whsec_"], (24, 255), Alphabet::Alnum),
    format("a Tailscale key", &["tskey-"], (20, 255), Alphabet::Url),
    format("a Docker Hub token", &["dckr_pat_", "dckr_oat_"], (24, 80), Alphabet::Url),
    format("an npm token", &["npm_"], (36, 36), Alphabet::Alnum),
    format("a PyPI token", &["pypi-AgEIcHlwaS"], (40, MANY), Alphabet::Url),
    format("a Hugging Face token", &["hf_"], (30, 40), Alphabet::Alnum),
    format("an Anthropic key", &["sk-ant-"], (32, 255), Alphabet::Url),
    format("an OpenAI key", &["sk-proj-", "sk-svcacct-"], (40, MANY), Alphabet::Url),
    format("an OpenAI key", &["sk-"], (48, 48), Alphabet::Alnum),
    format("an OpenRouter key", &["sk-or-v1-"], (64, 64), Alphabet::Hex),
    format("a DigitalOcean token", &["dop_v1_", "doo_v1_", "dor_v1_"], (64, 64), Alphabet::Hex),
    format("a SendGrid key", &["SG."], (60, 80), Alphabet::Dotted),
    format("a Brevo key", &["xkeysib-", "xsmtpsib-"], (64, 100), Alphabet::Url),
    format("a Grafana token", &["glsa_"], (32, 80), Alphabet::Url),
    format("a Vault token", &["hvs.", "hvb."], (24, 255), Alphabet::Dotted),
    format("an age key", &["AGE-SECRET-KEY-1"], (58, 58), Alphabet::Upper),
    format("an ntfy token", &["tk_"], (29, 29), Alphabet::Alnum),
    format("a 1Password token", &["ops_eyJ"], (100, MANY), Alphabet::Url),
    format("a Cloudflare origin key", &["v1.0-"], (150, 200), Alphabet::Url),
    format("a Cloudflare tunnel token", &["eyJhIjoi"], (90, MANY), Alphabet::Url),
];

/// What a word is, if it is a token of a known kind. A word has no white space, quote, comma,
/// bracket, slash or equals sign in it.
pub(super) fn of(word: &str) -> Option<&'static str> {
    let by_prefix = FORMATS.iter().find(|format| format.fits(word)).map(|format| format.name);
    let found = by_prefix
        .or_else(|| is_jwt(word).then_some("a signed token (JWT)"))
        .or_else(|| is_telegram(word).then_some("a Telegram bot token"))
        .or_else(|| is_discord(word).then_some("a Discord bot token"))?;
    is_varied(word).then_some(found)
}

impl Format {
    fn fits(&self, word: &str) -> bool {
        self.prefixes.iter().any(|prefix| {
            word.strip_prefix(prefix).is_some_and(|rest| {
                let (least, most) = self.len;
                (least..=most).contains(&rest.len())
                    && rest.bytes().all(|byte| self.alphabet.has(byte))
            })
        })
    }
}

/// Whether a token is more than a pattern filled with the same few characters.
fn is_varied(word: &str) -> bool {
    let mut seen = [false; 128];
    for byte in word.bytes().filter(u8::is_ascii) {
        seen[usize::from(byte)] = true;
    }
    seen.iter().filter(|seen| **seen).count() >= 10
}

/// Three parts in the alphabet of URLs, of which the first two are JSON in Base64.
fn is_jwt(word: &str) -> bool {
    let mut parts = word.split('.');
    let (Some(header), Some(body), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let is_url = |part: &str| part.bytes().all(|byte| Alphabet::Url.has(byte));
    header.starts_with("eyJ")
        && body.starts_with("eyJ")
        && [header, body, signature].iter().all(|part| part.len() >= 10 && is_url(part))
}

/// The number of a bot, a colon, 35 characters.
fn is_telegram(word: &str) -> bool {
    word.split_once(':').is_some_and(|(bot, token)| {
        (8..=10).contains(&bot.len())
            && bot.bytes().all(|byte| byte.is_ascii_digit())
            && token.len() == 35
            && token.bytes().all(|byte| Alphabet::Url.has(byte))
    })
}

/// A user's number in Base64, a time, and a signature.
fn is_discord(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let &[user, time, signature] = parts.as_slice() else { return false };
    user.starts_with(['M', 'N', 'O'])
        && (23..=28).contains(&user.len())
        && time.len() == 6
        && (27..=38).contains(&signature.len())
        && parts.iter().all(|part| part.bytes().all(|byte| Alphabet::Url.has(byte)))
}

/// Addresses that are themselves the right to do something: whoever has one can use it. Each with
/// how many characters must follow.
const ADDRESSES: [(&str, &str, usize); 5] = [
    ("hooks.slack.com/services/", "a Slack webhook", 30),
    ("discord.com/api/webhooks/", "a Discord webhook", 60),
    ("discordapp.com/api/webhooks/", "a Discord webhook", 60),
    ("hc-ping.com/", "a healthchecks.io address", 36),
    (".webhook.office.com/webhookb2/", "a Teams webhook", 60),
];

/// What kind of address with a secret in it a URL is, and where in it the secret begins.
pub(super) fn address(url: &str) -> Option<(&'static str, usize)> {
    ADDRESSES.iter().find_map(|(marker, name, least)| {
        let at = url.find(marker)? + marker.len();
        let rest = url.get(at..)?;
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "/_-".contains(c)));
        let token = &rest[..end.unwrap_or(rest.len())];
        (token.len() >= *least && is_varied(token)).then_some((*name, at))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Put together here, so that no scanner of this repository takes it for a real one.
    fn filled(prefix: &str, len: usize) -> String {
        let letters = "a7Bk2Zq9LmX4cV8nTd3RfY6wHs1Jp5Gu";
        prefix.chars().chain(letters.chars().cycle().take(len)).collect()
    }

    #[test]
    fn tokens_are_known_by_their_look() {
        let check = |word: &str, expected: Option<&str>| assert_eq!(of(word), expected, "{word}");
        check(&filled("ghp_", 36), Some("a GitHub token"));
        check(&filled("glpat-", 20), Some("a GitLab token"));
        check(&filled("xoxb-", 40), Some("a Slack token"));
        check("AKIAQ3Z7LM2X9K4TB8WN", Some("an AWS access key"));
        check(&filled("AIza", 35), Some("a Google API key"));
        check(&filled("sk_live_", 24), Some("a Stripe key"));
        check(&filled("tskey-auth-", 30), Some("a Tailscale key"));
        check(&filled("12345678:", 35), Some("a Telegram bot token"));
        check(&filled("eyJhbGciOi.eyJzdWIiOi.", 30), Some("a signed token (JWT)"));
        check(&filled("tk_", 29), Some("an ntfy token"));
        let discord = format!("{}.{}.{}", filled("M", 23), filled("", 6), filled("", 27));
        check(&discord, Some("a Discord bot token"));
    }

    #[test]
    fn what_only_begins_like_one_is_none() {
        for word in [
            "ghp_short",
            "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "AKIAIOSFODNN7EXAMPL",
            "sk-something",
            "hf_transfer",
            "npm_config_cache",
            "eyJhbGciOi",
            "v1.0-rc1",
            "12345678:80",
        ] {
            assert_eq!(of(word), None, "{word}");
        }
    }

    #[test]
    fn addresses_can_be_secrets() {
        let hook = filled("https://discord.com/api/webhooks/1234567890/", 68);
        assert_eq!(address(&hook).map(|found| found.0), Some("a Discord webhook"));
        assert_eq!(address("https://discord.com/api/webhooks/ID/TOKEN"), None);
        assert_eq!(address("https://example.com/hook"), None);
    }
}
