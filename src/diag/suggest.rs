//! The near name that was probably meant.

/// Longer names are not compared: the comparison takes the product of both lengths.
const LONGEST: usize = 64;

/// The name nearest to `wanted`, if one is near enough that people would mistake one for the other.
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if wanted.len() > LONGEST {
        return None;
    }
    let folded = wanted.to_lowercase();
    let limit = (wanted.chars().count() / 3).clamp(1, 3);
    names
        .into_iter()
        .filter(|name| *name != wanted)
        .map(|name| (strsim::damerau_levenshtein(&folded, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}

/// The same where the names are few and nothing else can stand there: a little farther off.
pub fn nearest_of_few<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let alike = |name: &&str| {
        let same_start = name.chars().next().is_some_and(|first| wanted.starts_with(first));
        same_start && wanted.chars().count() >= 4 && strsim::damerau_levenshtein(wanted, name) <= 2
    };
    nearest(wanted, names.clone()).or_else(|| names.into_iter().find(alike))
}

/// `did you mean …?`, if there is a near name.
pub fn did_you_mean<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(wanted, names).map(|name| format!("did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_typo_finds_its_name_and_a_stranger_finds_none() {
        assert_eq!(nearest("stauts", ["status", "seats"]), Some("status"));
        assert_eq!(nearest("trial", ["Trial", "paid"]), Some("Trial"));
        assert_eq!(nearest("xyz", ["status", "seats"]), None);
    }
}
