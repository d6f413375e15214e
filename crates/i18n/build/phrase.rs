//! A phrase of a Fluent file.

use std::error::Error;
use std::fs;
use std::path::Path;

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};

pub(crate) struct Phrase {
    pub(crate) id: String,
    /// In the order in which they first appear.
    pub(crate) variables: Vec<String>,
    /// The text, if the phrase has no variables and no choices.
    pub(crate) plain_text: Option<String>,
}

impl Phrase {
    pub(crate) fn parse_file(path: &Path) -> Result<Vec<Self>, Box<dyn Error>> {
        let text = fs::read_to_string(path)?;
        let file = fluent_syntax::parser::parse(text.as_str()).map_err(|(_, errors)| {
            let reasons: Vec<String> = errors
                .iter()
                .map(|error| {
                    let line = text[..error.pos.start.min(text.len())].lines().count().max(1);
                    format!("{}:{line}: {error}", path.display())
                })
                .collect();
            reasons.join("\n")
        })?;
        let mut phrases = Vec::new();
        for entry in &file.body {
            let Entry::Message(message) = entry else { continue };
            let id = message.id.name.to_owned();
            if id.contains(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')) {
                return Err(format!("{}: {id} is not written as lower-case-with-hyphens", path.display()).into());
            }
            if !message.attributes.is_empty() {
                return Err(format!("{}: {id} has an attribute; make it a phrase", path.display()).into());
            }
            let pattern = message.value.as_ref().ok_or_else(|| format!("{}: {id} has no text", path.display()))?;
            let mut variables = Vec::new();
            collect(pattern, &mut variables);
            phrases.push(Self { id, variables, plain_text: plain_text(pattern) });
        }
        Ok(phrases)
    }
}

fn plain_text(pattern: &Pattern<&str>) -> Option<String> {
    let texts = pattern.elements.iter().map(|element| match element {
        PatternElement::TextElement { value } => Some(*value),
        PatternElement::Placeable { .. } => None,
    });
    texts.collect()
}

fn collect(pattern: &Pattern<&str>, variables: &mut Vec<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            collect_from(expression, variables);
        }
    }
}

fn collect_from(expression: &Expression<&str>, variables: &mut Vec<String>) {
    match expression {
        Expression::Inline(inline) => collect_from_inline(inline, variables),
        Expression::Select { selector, variants } => {
            collect_from_inline(selector, variables);
            for variant in variants {
                collect(&variant.value, variables);
            }
        }
    }
}

fn collect_from_inline(inline: &InlineExpression<&str>, variables: &mut Vec<String>) {
    match inline {
        InlineExpression::VariableReference { id } if !variables.iter().any(|known| known == id.name) => {
            variables.push(id.name.to_owned());
        }
        InlineExpression::Placeable { expression } => collect_from(expression, variables),
        _ => {}
    }
}
