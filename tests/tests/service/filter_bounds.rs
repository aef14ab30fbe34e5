//! Invalid and excessive filters: the response is 400 `invalidFilter` or 413, and the service keeps working.

use rollcall_tests::idp::encode;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::json;

#[test]
fn invalid_filters_are_refused() {
    run(async |service| {
        let idp = service.tenant("bad-filters").await.idp();
        let fixed = [
            "userName",
            "userName eq",
            r#"userName zz "x""#,
            r#"eq "x""#,
            r#"(userName eq "x""#,
            r#"userName eq "x")"#,
            r#"userName eq "x" and"#,
            r#"and userName eq "x""#,
            r#"userName eq "x" userName eq "y""#,
            r#"userName eq "x" nor userName eq "y""#,
            r#"emails[type eq "work""#,
            "emails[",
            "emails[]",
            r#"emails]type eq "work""#,
            r#"userName eq "unterminated"#,
            r#"userName eq "bad \x escape""#,
            "active gt true",
            "active le false",
            r#"x509Certificates.value lt "TUlJQg==""#,
            r#"userName pr "x""#,
            r#""userName" eq "x""#,
            r#"user Name eq "x""#,
            r#"1name eq "x""#,
            r#"name..familyName eq "x""#,
            r#".name eq "x""#,
            r#"userName eq {"a": 1}"#,
            "()",
            "not",
            "not ()",
            "\u{0}",
        ];
        for filter in fixed {
            idp.filter("/Users", filter)
                .await
                .refused(400, "invalidFilter");
        }
    });
}

#[test]
fn excessive_filters_are_refused() {
    run(async |service| {
        let idp = service.tenant("monstrous-filters").await.idp();
        let one = r#"userName eq "x""#;
        for depth in [1_000, 100_000] {
            let filters = [
                format!("{}{one}{}", "(".repeat(depth), ")".repeat(depth)),
                format!("{}{one}{}", "not (".repeat(depth), ")".repeat(depth)),
                "(".repeat(depth),
                format!("{}{one}", "emails[".repeat(depth)),
                format!("{one}{}", format!(" and ({one}").repeat(depth)),
                vec![one; depth].join(" and "),
            ];
            for filter in filters {
                let body = json!({"schemas": [urn::SEARCH], "filter": filter});
                let refused = idp.post("/Users/.search", body).await;
                assert!(
                    [400, 413].contains(&refused.status),
                    "{depth}: {}",
                    refused.body
                );
                if depth == 1_000 && filter.len() < 9_000 {
                    idp.get(&format!("/Users?filter={}", encode(&filter)))
                        .await
                        .refused(400, "invalidFilter");
                }
            }
        }
        idp.user("x").await;
        assert_eq!(
            idp.filter("/Users", one).await.expect(200).total(),
            1,
            "the service no longer works"
        );
    });
}
