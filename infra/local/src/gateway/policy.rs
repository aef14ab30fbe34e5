//! Evaluates an authorizer's policy. Supports only the part of IAM that such policies use.

use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerPolicy;
use aws_lambda_events::iam::{IamPolicyEffect, IamPolicyStatement};

const INVOKE: &str = "execute-api:Invoke";

/// Returns whether a statement allows the call of a method and none denies it.
pub(super) fn allows(policy: &ApiGatewayCustomAuthorizerPolicy, method_arn: &str) -> bool {
    let about = |statement: &&IamPolicyStatement| {
        statement
            .action
            .iter()
            .any(|action| like(&action.to_ascii_lowercase(), &INVOKE.to_ascii_lowercase()))
            && statement
                .resource
                .iter()
                .any(|resource| like(resource, method_arn))
    };
    let mut effects = policy
        .statement
        .iter()
        .filter(about)
        .map(|statement| &statement.effect)
        .peekable();
    effects.peek().is_some() && effects.all(|effect| *effect == IamPolicyEffect::Allow)
}

/// Matches IAM's wildcards: `*` is any text, including slashes, and `?` is any one character.
fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // The position after the last `*`, and the end of the text that it matches so far.
    let mut retry = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte == text[t] => (p, t) = (p + 1, t + 1),
            _ => match retry {
                Some((after_star, swallowed)) => {
                    (p, t) = (after_star, swallowed + 1);
                    retry = Some((after_star, swallowed + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:execute-api:local:000000000000:rollcall/local/GET/scim/v2/Users";

    #[test]
    fn wildcards() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("*", "", true),
            ("*", "a/b", true),
            ("a", "a", true),
            ("a", "b", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a*c", "abbbc", true),
            ("a*c", "abcb", false),
            ("*/GET/*", "x/local/GET/y", true),
            ("*a*b*", "xxaxxabxb", true),
            ("a**", "a", true),
            ("a", "aa", false),
        ] {
            assert_eq!(like(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn statements() {
        let statement = |effect: &str, action: &str, resource: &str| json!({"Effect": effect, "Action": action, "Resource": resource});
        let stage = "arn:aws:execute-api:local:000000000000:rollcall/local/*/*";
        for (statements, expected) in [
            (vec![], false),
            (vec![statement("Allow", "execute-api:Invoke", stage)], true),
            (vec![statement("Allow", "execute-api:invoke", ARN)], true),
            (vec![statement("Allow", "*", "*")], true),
            (vec![statement("Allow", "s3:GetObject", stage)], false),
            (
                vec![statement(
                    "Allow",
                    "execute-api:Invoke",
                    "arn:aws:execute-api:local:000000000000:other/*",
                )],
                false,
            ),
            (vec![statement("Deny", "execute-api:Invoke", stage)], false),
            (
                vec![statement("Allow", "*", "*"), statement("Deny", "*", ARN)],
                false,
            ),
            (
                vec![
                    statement("Allow", "*", ARN),
                    statement("Deny", "*", "*/POST/*"),
                ],
                true,
            ),
        ] {
            let policy =
                serde_json::from_value(json!({"Version": "2012-10-17", "Statement": statements}))
                    .unwrap();
            assert_eq!(allows(&policy, ARN), expected, "{policy:?}");
        }
    }
}
