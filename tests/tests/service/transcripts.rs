//! One test for each file in `transcripts`: `build.rs` writes them.

use rollcall_tests::audit::audit;
use rollcall_tests::service::run;
use rollcall_tests::transcript::{Cast, replay as replay_with};

fn replay(text: &str) {
    run(async |service| {
        let idp = service.tenant("transcript").await.idp();
        let cast = Cast {
            idp,
            stranger: service.tenant("stranger").await.idp(),
        };
        if let Err(fault) = replay_with(text, &cast).await {
            panic!("{fault}");
        }
        audit(&cast.idp).await;
        audit(&cast.stranger).await;
    });
}

include!(concat!(env!("OUT_DIR"), "/transcripts.rs"));
