//! Signature counters: a copy of a passkey that belongs to one device is noticed.

use serde_json::json;

use super::{ADA, list, prove, register, sign_in_elsewhere, start};
use crate::harness::{SoftwareAuthenticator, Tamper, TestApp, TestClient, flags};

const ON_ONE_DEVICE: u8 = flags::BACKUP_ELIGIBLE | flags::BACKED_UP;

fn device_bound(counter: u32) -> Tamper {
    Tamper { clear_flags: ON_ONE_DEVICE, counter: Some(counter), ..Tamper::default() }
}

fn synchronized(counter: u32) -> Tamper {
    Tamper { counter: Some(counter), ..Tamper::default() }
}

async fn create_user(app: &TestApp, tamper: &Tamper) -> (TestClient, SoftwareAuthenticator) {
    let (ada, passkey) = (app.create_user(ADA).await, SoftwareAuthenticator::new(1));
    register(&ada, &passkey, tamper).await.ok();
    (ada, passkey)
}

fn stored_counter(app: &TestApp) -> i64 {
    app.count("SELECT sign_count FROM passkeys")
}

#[tokio::test]
async fn copy_of_a_passkey_of_one_device_is_refused() {
    let app = start().await;
    let (ada, passkey) = create_user(&app, &device_bound(5)).await;
    sign_in_elsewhere(&app, &passkey, &device_bound(6)).await.ok();
    // The copy has counted less.
    for counter in [6, 5, 1, 0] {
        let refused = sign_in_elsewhere(&app, &passkey, &device_bound(counter)).await;
        refused.assert_error(400, "INVALID_PASSKEY");
        prove(&ada, &passkey, &device_bound(counter)).await.assert_error(400, "INVALID_PASSKEY");
        assert_eq!(stored_counter(&app), 6);
    }
    prove(&ada, &passkey, &device_bound(7)).await.ok();
    sign_in_elsewhere(&app, &passkey, &device_bound(u32::MAX)).await.ok();
    assert_eq!(stored_counter(&app), i64::from(u32::MAX));
}

#[tokio::test]
async fn device_without_a_counter_signs_in_until_it_has_one() {
    let app = start().await;
    let (_, passkey) = create_user(&app, &device_bound(0)).await;
    for counter in [0, 0, 1] {
        sign_in_elsewhere(&app, &passkey, &device_bound(counter)).await.ok();
    }
    for counter in [0, 1] {
        let refused = sign_in_elsewhere(&app, &passkey, &device_bound(counter)).await;
        refused.assert_error(400, "INVALID_PASSKEY");
    }
}

/// Each of the person's devices counts for itself.
#[tokio::test]
async fn counter_of_a_synchronized_passkey_is_no_reason_to_refuse_it_and_never_decreases() {
    let app = start().await;
    let (ada, passkey) = create_user(&app, &synchronized(5)).await;
    for (counter, stored) in [(3, 5), (5, 5), (9, 9), (0, 9), (8, 9)] {
        sign_in_elsewhere(&app, &passkey, &synchronized(counter)).await.ok();
        assert_eq!(stored_counter(&app), stored);
    }
    assert_eq!(list(&ada).await[0]["last_used_at"], json!("2026-01-15T10:30:00Z"));
}

#[tokio::test]
async fn two_uses_with_one_counter_at_once_are_one() {
    let app = start().await;
    let (_, passkey) = create_user(&app, &device_bound(1)).await;
    let tamper = device_bound(2);
    let (first, second) =
        tokio::join!(sign_in_elsewhere(&app, &passkey, &tamper), sign_in_elsewhere(&app, &passkey, &tamper));
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
}
