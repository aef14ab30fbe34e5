//! The pages about the types of problems: the `type` of every problem document leads to one.

use rollcall_edge_http::ProblemType;
use rollcall_tests::service::run;

#[test]
fn every_type_has_a_page() {
    run(async |service| {
        let nobody = service.application().with(None);
        let listed = nobody.get("/problems").await.expect(200);
        assert_eq!(listed.headers["cache-control"], "public, max-age=3600");
        let http = reqwest::Client::new();
        let items = listed.body["items"].as_array().expect("items");
        assert_eq!(items.len(), ProblemType::ALL.len());
        for (kind, item) in ProblemType::ALL.iter().zip(items) {
            assert_eq!(item["name"], kind.name());
            let one = nobody.get(&format!("/problems/{}", kind.name())).await;
            assert_eq!(&one.expect(200).body, item);
            let url = item["type"].as_str().expect("a URL");
            let page = http.get(url).header("accept", "text/html,*/*").send();
            let page = page.await.expect("a page");
            assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
            assert!(page.headers().contains_key("content-security-policy"));
            let page = page.text().await.expect("text");
            for shown in [
                format!("<h1>{}</h1>", kind.name()),
                kind.status().to_string(),
            ] {
                assert!(page.contains(&shown), "{page}");
            }
            for reason in kind.reasons() {
                assert!(page.contains(reason.as_str()), "{page}");
            }
        }
        let index = format!("{}/problems", nobody.base_url());
        let index = http.get(index).header("accept", "text/html").send().await;
        let index = index.expect("a page").text().await.expect("text");
        for kind in ProblemType::ALL {
            assert!(index.contains(kind.name()), "{index}");
        }
    });
}

#[test]
fn the_type_of_a_problem_is_the_url_of_its_page() {
    run(async |service| {
        let nobody = service.application().with(None);
        let refused = nobody.get("/settings").await.expect(401);
        let of = refused.string("/type");
        assert_eq!(of, format!("{}/problems/unauthorized", nobody.base_url()));
        let explained = nobody.get("/problems/unauthorized").await.expect(200);
        assert_eq!(explained.string("/type"), of);
        let operations = explained.body["operations"].as_array().expect("operations");
        assert!(operations.iter().any(|id| id == "read_settings"));
        nobody.get("/problems/none-such").await.expect(404);
    });
}
