//! Queries that mean something else than they seem to. Data only; the rules decide what to make of it.

use super::tree::{Expr, ExprKind, Item, Range, Sequence, Word};
use super::{Clause, Matcher, Meaning, Occur, Profile, Test, parse};
use crate::source::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SurpriseKind {
    /// Optional beside something required: it does not matter.
    MixedOperators,
    /// `a OR NOT b`: a and not b.
    OrNot,
    /// `roles:(a OR b)`
    GroupAfterField,
    /// `NOT note:"a b"`
    NotPhrase,
    /// `! x`
    BareNot,
    /// `a or b`
    LowerCaseOperator,
    /// `note:alpha beta`
    WordAfterField,
    /// A word without a field.
    BareWord,
    /// `recipes:a::b`
    UnescapedColons,
    /// `#{…}` reached the query.
    Interpolation,
    /// `/…/`
    Regex,
    /// `port:[8 TO 10]`
    TextRange,
    /// `port:[80* TO 90]`
    WildcardInRange,
    /// `note:"al*"`
    WildcardInPhrase,
    /// `%41`
    Percent,
    /// `&`, `;` or `+`
    Unencoded,
}

/// One surprise and where in the query it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surprise {
    pub kind: SurpriseKind,
    pub span: Span,
    /// What happens on the server, in one sentence.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

/// What in a query is surprising on a Chef Infra Server, in the order of the query. A refused query has few: its error
/// says the rest.
#[must_use]
pub fn surprises(text: &str) -> Vec<Surprise> {
    let mut found = Found(Vec::new());
    found.text(text);
    if let Ok(query) = parse(text, Profile::Server)
        && let Meaning::Lucene {
            written, clause, ..
        } = &query.meaning
    {
        found.sequence(written);
        found.clause(clause, text);
    }
    found
        .0
        .sort_by_key(|surprise| (surprise.span, surprise.kind));
    found.0
}

struct Found(Vec<Surprise>);

impl Found {
    fn add(
        &mut self,
        kind: SurpriseKind,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.0.push(Surprise {
            kind,
            span,
            message: message.into(),
            help: help.into(),
        });
    }

    /// What shows in the text alone.
    fn text(&mut self, text: &str) {
        let at = |part: &str| {
            text.find(part)
                .map(|start| Span::new(start, start + part.len()))
        };
        if let Some(span) = at("#{") {
            self.add(
                SurpriseKind::Interpolation,
                span,
                "the server sees `#{` as text: single quotes do not interpolate",
                "write the query in double quotes",
            );
        }
        if let Some(span) = at("::") {
            self.add(
                SurpriseKind::UnescapedColons,
                span,
                "the server refuses a second colon in a value",
                "escape both: `\\:\\:` (in double quotes `\\\\:\\\\:`)",
            );
        }
        let percent = text.match_indices('%').find(|(start, _)| {
            let digits = text.get(start + 1..start + 3).unwrap_or_default();
            digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_hexdigit())
        });
        if let Some((start, _)) = percent {
            self.add(
                SurpriseKind::Percent,
                Span::new(start, start + 3),
                "the server decodes `%XX` a second time",
                "write the character itself, or `?` for it",
            );
        }
        if let Some(start) = text.find(['&', ';', '+']) {
            self.add(
                SurpriseKind::Unencoded,
                Span::new(start, start + 1),
                "the client does not encode `&`, `;` and `+`: the query ends before `&` or `;`, and `+` becomes a space",
                "write AND for `&&`, and `?` for the character in a value",
            );
        }
    }

    fn sequence(&mut self, sequence: &Sequence) {
        let mut or_before = false;
        let mut field_before: Option<&Expr> = None;
        for item in &sequence.items {
            match item {
                Item::Space(_) => {}
                Item::Operator(operator, _) => {
                    or_before = !operator.is_and();
                    field_before = None;
                }
                Item::Expr(expr) => {
                    let negated = matches!(&expr.kind, ExprKind::Unary(mark, _) if mark != "+");
                    if or_before && negated {
                        self.add(
                            SurpriseKind::OrNot,
                            expr.span,
                            "a negation always excludes: `a OR NOT b` means a and not b",
                            "write `a OR (name:* NOT b)`",
                        );
                    }
                    self.word(expr, field_before.is_some());
                    self.expr(expr);
                    let field = matches!(&expr.kind, ExprKind::Field(_, value) if matches!(value.kind, ExprKind::Word(_)));
                    // Further words belong to the first.
                    if field || !matches!(expr.kind, ExprKind::Word(_)) {
                        field_before = field.then_some(expr);
                    }
                    or_before = false;
                }
            }
        }
    }

    fn word(&mut self, expr: &Expr, after_field: bool) {
        let ExprKind::Word(word) = &expr.kind else {
            return;
        };
        if ["and", "or", "not"].contains(&word.text.to_lowercase().as_str()) {
            self.add(
                SurpriseKind::LowerCaseOperator,
                word.span,
                format!(
                    "`{}` is not an operator but a word to search for",
                    word.text
                ),
                "write operators in capitals",
            );
        } else if after_field {
            self.add(
                SurpriseKind::WordAfterField,
                word.span,
                format!(
                    "`{}` does not belong to the field before it: it is sought in all attributes",
                    word.text
                ),
                "put the words of one value in quotes, as in `note:\"alpha beta\"`",
            );
        } else {
            self.add(
                SurpriseKind::BareWord,
                word.span,
                format!("`{}` has no field: it matches no attribute's first word, but any later word of any value", word.text),
                "name the attribute, as in `tags:x`",
            );
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Unary(mark, operand) => {
                if mark.starts_with('!') && mark.len() > 1 {
                    self.add(
                        SurpriseKind::BareNot,
                        expr.span,
                        "`!` with a space after it is a word to search for, and what follows is not negated",
                        "write NOT, or leave the space out",
                    );
                }
                if let ExprKind::Field(name, value) = &operand.kind
                    && matches!(&value.kind, ExprKind::Word(word) if word.quoted)
                {
                    self.not_phrase(expr.span, name);
                }
                self.expr(operand);
            }
            ExprKind::Group(inner) => self.sequence(inner),
            ExprKind::Field(name, value) => match &value.kind {
                ExprKind::Group(_) => self.add(
                    SurpriseKind::GroupAfterField,
                    expr.span,
                    format!(
                        "`{0}` does not reach into the group: this is `{0}` with an empty value, or the words in the group anywhere",
                        name.text
                    ),
                    format!("repeat the field: `({0}:a OR {0}:b)`", name.text),
                ),
                _ => self.expr(value),
            },
            ExprKind::Phrase(_, phrase) => self.phrase(phrase),
            ExprKind::Range(_, range) => self.range(range),
            ExprKind::Word(word) if word.quoted => self.phrase(word),
            ExprKind::Everything
            | ExprKind::Word(_)
            | ExprKind::Fuzzy(..)
            | ExprKind::Boost(..) => {}
        }
    }

    fn not_phrase(&mut self, span: Span, name: &Word) {
        self.add(
            SurpriseKind::NotPhrase,
            span,
            format!(
                "a negated quoted value falls apart: only an empty `{}` is excluded, and the quoted text is sought anywhere",
                name.text
            ),
            "put it in parentheses: `NOT (note:\"a b\")`",
        );
    }

    fn phrase(&mut self, phrase: &Word) {
        if has_wildcard(&phrase.text) {
            self.add(
                SurpriseKind::WildcardInPhrase,
                phrase.span,
                "`*` and `?` in quotes are ordinary characters",
                "leave the quotes away, or write `?` for each space",
            );
        }
    }

    fn range(&mut self, range: &Range) {
        let numeric = |limit: &str| {
            !limit.is_empty() && limit.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        };
        let whole = |limit: &str| limit.split('.').next().unwrap_or_default().len();
        let (lower, upper) = (&range.lower, &range.upper);
        let open = lower == "*" || upper == "*";
        let compared = (numeric(lower) && numeric(upper) && whole(lower) != whole(upper))
            || (open && (numeric(lower) || numeric(upper)));
        if compared {
            self.add(
                SurpriseKind::TextRange,
                range.span,
                "a range compares texts, not numbers: 10 comes before 9",
                "list the values, or use a wildcard such as `80??`",
            );
        }
        if [lower, upper]
            .into_iter()
            .any(|limit| limit != "*" && has_wildcard(limit))
        {
            self.add(
                SurpriseKind::WildcardInRange,
                range.span,
                "`*` and `?` beside other characters are ordinary characters in a range",
                "use `*` alone for no limit",
            );
        }
    }

    fn clause(&mut self, clause: &Clause, text: &str) {
        match &clause.test {
            Test::Group(clauses) => {
                if clauses.iter().any(|(occur, _)| *occur == Occur::Must) {
                    for (_, idle) in clauses.iter().filter(|(occur, _)| *occur == Occur::Should) {
                        let start = idle.span.start as usize;
                        let written = text.get(start..idle.span.end as usize).unwrap_or_default();
                        self.add(
                            SurpriseKind::MixedOperators,
                            idle.span,
                            format!("`{written}` changes nothing: AND and OR have no precedence, and beside what AND requires the rest is ignored"),
                            "put parentheses around each AND and each OR",
                        );
                    }
                }
                for (_, inner) in clauses {
                    self.clause(inner, text);
                }
            }
            Test::Tokens(_, Matcher::Regex(_)) => self.add(
                SurpriseKind::Regex,
                clause.span,
                "what stands between two slashes is a regular expression over whole words of all attributes",
                "escape slashes: `\\/`",
            ),
            _ => {}
        }
    }
}

fn has_wildcard(text: &str) -> bool {
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' | '?' => return true,
            '\\' => {
                chars.next();
            }
            _ => {}
        }
    }
    false
}
