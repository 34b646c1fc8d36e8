//! Floats as the two programs print them.

/// The shortest decimal digits of a positive float, and where the point stands among them.
fn digits(value: f64) -> (String, i32) {
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = mantissa.replace('.', "");
    (digits, exponent.parse::<i32>().unwrap_or(0) + 1)
}

/// As Erlang's `~p`: the shorter of the plain and the scientific form, in which the server indexes floats.
pub fn erlang(value: f64) -> String {
    if value == 0.0 {
        return if value.is_sign_negative() {
            "-0.0"
        } else {
            "0.0"
        }
        .to_string();
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let (digits, point) = digits(value.abs());
    let length = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let exponent = (point - 1).to_string();
    let cost = exponent.len() + if length == 1 { 3 } else { 2 };
    let cost = i32::try_from(cost).unwrap_or(i32::MAX);
    let body = if point == 0 {
        format!("0.{digits}")
    } else if point < 0 && 2 - point <= cost {
        format!("0.{}{digits}", zeros(-point))
    } else if point > 0 && point < length {
        split(&digits, point)
    } else if point > 0 && point - length + 2 <= cost {
        format!("{digits}{}.0", zeros(point - length))
    } else {
        format!("{}e{exponent}", scientific(&digits))
    };
    format!("{sign}{body}")
}

/// As Ruby's `Float#to_s`, which chef-zero searches.
pub fn ruby(value: f64) -> String {
    if value == 0.0 {
        return if value.is_sign_negative() {
            "-0.0"
        } else {
            "0.0"
        }
        .to_string();
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let (digits, point) = digits(value.abs());
    let length = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let body = if point > 16 || point <= -4 {
        let exponent = point - 1;
        let mark = if exponent < 0 { '-' } else { '+' };
        format!("{}e{mark}{:02}", scientific(&digits), exponent.abs())
    } else if point <= 0 {
        format!("0.{}{digits}", zeros(-point))
    } else if point < length {
        split(&digits, point)
    } else {
        format!("{digits}{}.0", zeros(point - length))
    };
    format!("{sign}{body}")
}

fn zeros(count: i32) -> String {
    "0".repeat(usize::try_from(count).unwrap_or(0))
}

fn split(digits: &str, point: i32) -> String {
    let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0).min(digits.len()));
    format!("{whole}.{fraction}")
}

fn scientific(digits: &str) -> String {
    let (first, rest) = digits.split_at(1.min(digits.len()));
    format!("{first}.{}", if rest.is_empty() { "0" } else { rest })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn erlang_prints_the_shorter_form() {
        let values = [
            1.0, 100.0, 1000.0, 12000.0, 1234.0, 0.0001, 1.5e-7, 1e21, -2.5, 0.5, 0.05, 1e10,
        ];
        let printed: Vec<String> = values.into_iter().map(erlang).collect();
        insta::assert_snapshot!(
            printed.join(" "),
            @"1.0 100.0 1.0e3 1.2e4 1234.0 0.0001 1.5e-7 1.0e21 -2.5 0.5 0.05 1.0e10"
        );
    }

    #[test]
    fn ruby_prints_plainly_between_limits() {
        let values = [1.0, 1e15, 1e16, 0.0001, 0.00001, 1.5e-7, 123.25, -1e21];
        let printed: Vec<String> = values.into_iter().map(ruby).collect();
        insta::assert_snapshot!(
            printed.join(" "),
            @"1.0 1000000000000000.0 1.0e+16 0.0001 1.0e-05 1.5e-07 123.25 -1.0e+21"
        );
    }
}
