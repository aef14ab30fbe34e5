//! Which crate is which folder of `functions/`: the one thing about the functions that the template cannot say.

use std::sync::Arc;

use rollcall_directory::Directory;
use rollcall_edge::HttpFunction;
use token_authorizer::Authorizer;

use crate::gateway::{AuthorizerHandler, Functions, HttpHandler};

/// Every function, over one directory.
pub(crate) fn functions(directory: &Directory) -> Functions {
    Functions {
        http: [
            ("users", http(users::router(directory.clone()))),
            ("groups", http(groups::router(directory.clone()))),
            ("discovery", http(discovery::router(directory.clone()))),
            ("sso", http(sso::router(directory.clone()))),
            ("portal", http(portal::router(directory.clone()))),
        ]
        .into(),
        authorizers: [(
            "token-authorizer",
            authorizer(token_authorizer::handler(directory.clone())),
        )]
        .into(),
    }
}

fn http(function: HttpFunction) -> HttpHandler {
    Arc::new(move |request| {
        let function = function.clone();
        Box::pin(async move { function.handle(request).await })
    })
}

fn authorizer(authorizer: Authorizer) -> AuthorizerHandler {
    Arc::new(move |event| {
        let authorizer = authorizer.clone();
        Box::pin(async move {
            authorizer
                .call(event)
                .await
                .map_err(|error| error.to_string())
        })
    })
}
