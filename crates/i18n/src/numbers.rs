//! Numbers with the separators of a language: `4,312`, `4.312`.

use fluent_bundle::FluentValue;
use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;
use icu_locale_core::Locale;
use intl_memoizer::Memoizable;
use intl_memoizer::concurrent::IntlLangMemoizer;
use unic_langid::LanguageIdentifier;

struct NumberFormat(DecimalFormatter);

impl Memoizable for NumberFormat {
    type Args = ();
    type Error = ();

    fn construct(language: LanguageIdentifier, (): ()) -> Result<Self, ()> {
        let locale: Locale = language.to_string().parse().map_err(|_| ())?;
        DecimalFormatter::try_new(locale.into(), icu_decimal::options::DecimalFormatterOptions::default())
            .map(Self)
            .map_err(|_| ())
    }
}

/// Formats the numbers of a phrase; `None` for other values. Phrases have whole numbers only.
pub(crate) fn format(value: &FluentValue<'_>, memoizer: &IntlLangMemoizer) -> Option<String> {
    let FluentValue::Number(number) = value else { return None };
    let decimal: Decimal = number.as_string().parse().ok()?;
    memoizer.with_try_get::<NumberFormat, _, _>((), |format| format.0.format(&decimal).to_string()).ok()
}
