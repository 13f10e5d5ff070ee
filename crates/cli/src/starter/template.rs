//! Templates: text in which `{{name}}` stands for what is put in.

/// Puts in what stands for each name; each must be there.
pub(super) fn filled(template: &str, values: &[(&str, &str)]) -> anyhow::Result<String> {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, behind) = after.split_once("}}").ok_or_else(|| anyhow::anyhow!("a template does not end a name"))?;
        let value = values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        filled.push_str(before);
        filled.push_str(value.ok_or_else(|| anyhow::anyhow!("a template names {name}, which nothing stands for"))?);
        rest = behind;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// A text as TOML, JSON and Cedar write it.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Texts as TOML and Cedar write them.
pub(super) fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    format!("[{}]", texts.into_iter().map(quoted).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_a_name_is_put_in_once_and_as_it_is() {
        assert_eq!(filled("a {{x}} b {{y}}", &[("x", "{{y}}"), ("y", "2")]).unwrap(), "a {{y}} b 2");
        assert!(filled("{{x}}", &[]).is_err() && filled("{{x", &[("x", "")]).is_err());
        assert_eq!(list(["a\"b", "c"]), r#"["a\"b", "c"]"#);
    }
}
