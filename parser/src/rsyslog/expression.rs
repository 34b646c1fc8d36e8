//! RainerScript's expressions. Whatever binds tighter, what may follow what is the same, so precedence is left out.

use super::tables::FUNCTIONS;
use super::token::Kind;
use super::{Parser, Step, unexpected, values};
use crate::nearest::nearest;
use crate::problem::{Class, Problem};

impl Parser<'_> {
    /// `"a", "b" ]`
    pub(super) fn texts(&mut self) -> Step {
        loop {
            let text = self.take()?;
            if text.kind != Kind::Text {
                return Err(unexpected(text, "a list holds strings"));
            }
            let mark = self.take()?;
            match mark.text {
                "]" if mark.kind == Kind::Mark => return Ok(()),
                "," if mark.kind == Kind::Mark => {}
                _ => return Err(unexpected(mark, "expected `,` or `]`")),
            }
        }
    }

    pub(super) fn expression(&mut self) -> Step {
        self.deeper(Self::operand)?;
        loop {
            let next = self.peek();
            let joins = match next.kind {
                Kind::Keyword => !["then", "do", "not", "in"]
                    .iter()
                    .any(|w| w.eq_ignore_ascii_case(next.text)),
                Kind::Mark => matches!(
                    next.text,
                    "==" | "<="
                        | ">="
                        | "!="
                        | "<>"
                        | "<"
                        | ">"
                        | "&"
                        | "+"
                        | "-"
                        | "*"
                        | "/"
                        | "%"
                ),
                _ => false,
            };
            if !joins {
                return Ok(());
            }
            self.take()?;
            self.deeper(Self::operand)?;
        }
    }

    fn operand(&mut self) -> Step {
        let token = self.take()?;
        match token.kind {
            Kind::Text | Kind::Number => Ok(()),
            Kind::Variable => {
                let name = token.text.strip_prefix('$').unwrap_or("");
                values::property(name, token.span, &mut self.out);
                Ok(())
            }
            Kind::Keyword if token.is(Kind::Keyword, "not") => self.deeper(Self::operand),
            Kind::Mark if token.text == "-" => self.deeper(Self::operand),
            Kind::Mark if token.text == "(" => {
                self.deeper(Self::expression)?;
                self.mark(")").map(|_| ())
            }
            Kind::Mark if token.text == "[" => self.texts(),
            Kind::Name => {
                if !self.peek().is(Kind::Mark, "(") {
                    return Err(unexpected(token, "text stands in quotes"));
                }
                let known = FUNCTIONS.iter().any(|f| f.eq_ignore_ascii_case(token.text));
                let lower = token.text.to_ascii_lowercase();
                if let (Some(near), false) = (nearest(&lower, FUNCTIONS.iter().copied()), known) {
                    let message = format!("function '{}' not found", token.text);
                    self.out.push(
                        Problem::error(Class::UnknownKeyword, message, token.span)
                            .with_help(format!("did you mean `{near}`?")),
                    );
                }
                self.mark("(")?;
                self.arguments()
            }
            _ => Err(unexpected(token, "expected a value")),
        }
    }

    /// `a, b )`
    pub(super) fn arguments(&mut self) -> Step {
        if self.peek().is(Kind::Mark, ")") {
            self.take()?;
            return Ok(());
        }
        loop {
            self.deeper(Self::expression)?;
            let mark = self.take()?;
            match mark.text {
                ")" if mark.kind == Kind::Mark => return Ok(()),
                "," if mark.kind == Kind::Mark => {}
                _ => return Err(unexpected(mark, "expected `,` or `)`")),
            }
        }
    }
}
