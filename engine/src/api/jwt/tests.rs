//! Tokens, signed here, against keys that a server on loopback lists.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use protocol::Problem;
use rcgen::{KeyPair, PKCS_ED25519};
use serde_json::{Value, json};
use store::Holder;
use tokio::time::Instant;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{Identity, IdentityProvider};
use crate::config::JwtConfig;

/// A key of the identity provider.
struct Signer {
    id: &'static str,
    algorithm: Algorithm,
    key: EncodingKey,
}

impl Signer {
    fn ec(id: &'static str) -> Self {
        let key = EncodingKey::from_ec_der(&KeyPair::generate().unwrap().serialize_der());
        Self { id, algorithm: Algorithm::ES256, key }
    }

    fn ed(id: &'static str) -> Self {
        // The first 48 bytes of the version that rcgen writes, without the public key, are the version that the library reads.
        let der = KeyPair::generate_for(&PKCS_ED25519).unwrap().serialize_der();
        let key = EncodingKey::from_ed_der(&[&[0x30, 0x2e, 0x02, 0x01, 0x00], &der[5..48]].concat());
        Self { id, algorithm: Algorithm::EdDSA, key }
    }

    fn public(&self) -> Jwk {
        let mut jwk = Jwk::from_encoding_key(&self.key, self.algorithm).unwrap();
        jwk.common.key_id = Some(self.id.to_owned());
        jwk
    }

    fn token(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.id.to_owned()), ..Header::new(self.algorithm) };
        encode(&header, claims, &self.key).unwrap()
    }
}

fn in_seconds(seconds: i64) -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap() + seconds
}

/// Claims of a valid token, with changes; null takes one away.
fn claims(change: &Value) -> Value {
    let mut claims = json!({"iss": "https://id.example", "aud": "games", "sub": "auth0|ada", "exp": in_seconds(600)});
    for (name, value) in change.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    claims
}

async fn lists(server: &MockServer, signers: &[&Signer]) {
    server.reset().await;
    let set = JwkSet { keys: signers.iter().map(|signer| signer.public()).collect() };
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_json(set)).mount(server).await;
}

fn provider(server: &MockServer, change: &Value) -> Arc<IdentityProvider> {
    let mut config =
        json!({"issuer": "https://id.example", "audience": "games", "keys": server.uri(), "tenant": "acme"});
    for (name, value) in change.as_object().unwrap() {
        config[name] = value.clone();
    }
    Arc::new(IdentityProvider::new(serde_json::from_value::<JwtConfig>(config).unwrap()).unwrap())
}

fn detail(refused: Result<Identity, Problem>) -> (u16, String) {
    let problem = refused.unwrap_err();
    (problem.status, problem.detail)
}

#[tokio::test]
async fn a_valid_token_makes_its_user_a_player_until_it_ends() {
    let (server, ec, ed) = (MockServer::start().await, Signer::ec("a"), Signer::ed("b"));
    lists(&server, &[&ec, &ed]).await;
    let provider = provider(&server, &json!({"leeway_seconds": 0}));

    for signer in [&ec, &ed] {
        let identity = provider.identity(&signer.token(&claims(&json!({"aud": ["other", "games"]})))).await.unwrap();

        let player = Holder::Player { tenant: "acme".parse().unwrap(), user: "auth0|ada".parse().unwrap() };
        assert_eq!(identity.holder, player);
        let left = identity.valid.ends - Instant::now();
        assert!((Duration::from_secs(590)..=Duration::from_mins(10)).contains(&left), "{left:?}");
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 1, "the keys are kept");
}

#[tokio::test]
async fn the_tenant_and_the_user_can_come_from_claims_of_their_own() {
    let (server, signer) = (MockServer::start().await, Signer::ec("a"));
    lists(&server, &[&signer]).await;
    let provider = provider(&server, &json!({"tenant": null, "tenant_claim": "org", "user_claim": "email"}));

    let token = signer.token(&claims(&json!({"org": "globex", "email": "ada@example.org"})));
    let identity = provider.identity(&token).await.unwrap();
    assert_eq!(identity.holder.tenant().unwrap().as_str(), "globex");
    assert_eq!(identity.holder.user().unwrap().as_str(), "ada@example.org");

    for (change, why) in [
        (json!({"org": "globex"}), "no text in the claim `email`"),
        (json!({"email": "ada"}), "no text in the claim `org`"),
        (json!({"email": "ada", "org": "a:b"}), "claim `org`: `a:b` is not a tenant"),
        (json!({"email": "ada lovelace", "org": "globex"}), "claim `email`: `ada lovelace` is not a user"),
    ] {
        let (status, text) = detail(provider.identity(&signer.token(&claims(&change))).await);
        assert_eq!(status, 401, "{text}");
        assert!(text.contains(why), "{text}");
    }
}

#[tokio::test]
async fn a_token_that_is_old_of_others_or_forged_is_refused() {
    let (server, signer, stranger) = (MockServer::start().await, Signer::ec("a"), Signer::ec("a"));
    lists(&server, &[&signer]).await;
    let provider = provider(&server, &json!({}));
    let of = |change| signer.token(&claims(&change));
    let unsigned = {
        let whole = of(json!({}));
        format!("eyJhbGciOiJub25lIn0.{}.", whole.split('.').nth(1).unwrap())
    };
    let by_secret = {
        let key = EncodingKey::from_secret(serde_json::to_string(&signer.public()).unwrap().as_bytes());
        let header = Header { kid: Some("a".to_owned()), ..Header::new(Algorithm::HS256) };
        encode(&header, &claims(&json!({})), &key).unwrap()
    };
    let with_an_extension = {
        let kid = Some("a".to_owned());
        let header = Header { kid, crit: Some(vec!["b64".to_owned()]), ..Header::new(Algorithm::ES256) };
        encode(&header, &claims(&json!({})), &signer.key).unwrap()
    };
    for (token, why) in [
        (with_an_extension, "extensions (`crit`)"),
        (of(json!({"exp": in_seconds(-60)})), "has expired"),
        (of(json!({"exp": null})), "claim `exp` is missing"),
        (of(json!({"exp": "tomorrow"})), "claim `exp` is missing, or is none"),
        (of(json!({"nbf": "yesterday"})), "claim `nbf` is missing, or is none"),
        (of(json!({"nbf": in_seconds(120)})), "not valid yet"),
        (of(json!({"iss": "https://evil.example"})), "of another issuer"),
        (of(json!({"iss": null})), "claim `iss` is missing"),
        (of(json!({"iss": ["https://id.example", "https://evil.example"]})), "`iss` is not a text"),
        (of(json!({"aud": "mail"})), "for another audience"),
        (of(json!({"aud": null})), "claim `aud` is missing"),
        (stranger.token(&claims(&json!({}))), "signature is wrong"),
        (by_secret, "signed in a way that its key is not for"),
        (unsigned, "neither a key nor a token"),
        ("a.b.c".to_owned(), "neither a key nor a token"),
        ("x".repeat(9000), "longer than"),
    ] {
        let (status, text) = detail(provider.identity(&token).await);
        assert_eq!(status, 401, "{text}");
        assert!(text.contains(why), "{why}: {text}");
        assert!(!text.contains(&token), "{text}");
    }
}

#[tokio::test]
async fn shared_secrets_and_keys_for_encryption_in_the_list_are_not_used() {
    let (server, signer) = (MockServer::start().await, Signer::ec("a"));
    let mut encrypts = serde_json::to_value(signer.public()).unwrap();
    encrypts["use"] = json!("enc");
    let secret = json!({"kty": "oct", "kid": "s", "k": "c2VjcmV0", "alg": "HS256"});
    let set = json!({"keys": [encrypts, secret]});
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_json(set)).mount(&server).await;

    let header = Header { kid: Some("s".to_owned()), ..Header::new(Algorithm::HS256) };
    let forged = encode(&header, &claims(&json!({})), &EncodingKey::from_secret(b"secret")).unwrap();
    let (status, _) = detail(provider(&server, &json!({})).identity(&forged).await);
    assert_eq!(status, 503, "there is no key");
}

#[tokio::test]
async fn a_new_key_is_found_and_strangers_do_not_flood_the_provider() {
    let (server, old, new) = (MockServer::start().await, Signer::ec("old"), Signer::ec("new"));
    lists(&server, &[&old]).await;
    let provider = provider(&server, &json!({}));
    provider.identity(&old.token(&claims(&json!({})))).await.unwrap();
    lists(&server, &[&old, &new]).await;

    for _ in 0..20 {
        let (status, text) = detail(provider.identity(&new.token(&claims(&json!({})))).await);
        assert_eq!(status, 401);
        assert!(text.contains("does not list"), "{text}");
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 0, "the last reading is less than ten seconds old");

    // As after ten seconds.
    *provider.asked.lock().await = None;
    provider.identity(&new.token(&claims(&json!({})))).await.unwrap();
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_provider_that_is_away_hurts_only_those_whose_key_is_not_known() {
    let (server, signer) = (MockServer::start().await, Signer::ec("a"));
    lists(&server, &[&signer]).await;
    let token = signer.token(&claims(&json!({})));
    let away = provider(&server, &json!({"keys": "http://127.0.0.1:1/keys"}));
    let (status, text) = detail(away.identity(&token).await);
    assert_eq!(status, 503, "{text}");
    assert!(!text.contains("127.0.0.1"), "{text}");

    let known = provider(&server, &json!({}));
    known.identity(&token).await.unwrap();
    drop(server);
    age(&known, 3601).await;
    known.identity(&token).await.unwrap();
}

/// As if the keys had been read that many seconds ago, and nobody had asked since.
async fn age(provider: &IdentityProvider, seconds: u64) {
    let keys = Arc::into_inner(std::mem::take(&mut *provider.kept.write())).unwrap().keys;
    let read = Instant::now().checked_sub(Duration::from_secs(seconds)).unwrap();
    *provider.kept.write() = Arc::new(super::CachedKeys { keys, read: Some(read) });
    *provider.asked.lock().await = None;
}

#[tokio::test]
async fn a_key_that_was_taken_out_of_the_list_is_refused_from_the_first_call_after_the_time() {
    let (server, gone, stays) = (MockServer::start().await, Signer::ec("gone"), Signer::ec("stays"));
    lists(&server, &[&gone, &stays]).await;
    let provider = provider(&server, &json!({"refresh_seconds": 10}));
    let token = gone.token(&claims(&json!({})));
    provider.identity(&token).await.unwrap();
    lists(&server, &[&stays]).await;
    age(&provider, 11).await;

    let (status, text) = detail(provider.identity(&token).await);

    assert!(status == 401 && text.contains("does not list"), "{status} {text}");
    provider.identity(&stays.token(&claims(&json!({})))).await.unwrap();
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn who_asks_again_learns_that_the_key_of_a_token_was_withdrawn_and_not_while_the_provider_is_away() {
    let (server, gone, stays) = (MockServer::start().await, Signer::ec("gone"), Signer::ec("stays"));
    lists(&server, &[&gone, &stays]).await;
    let provider = provider(&server, &json!({"refresh_seconds": 10}));
    let valid = provider.identity(&gone.token(&claims(&json!({})))).await.unwrap().valid;
    assert!(!provider.is_withdrawn(&valid).await);
    server.reset().await;
    age(&provider, 11).await;
    assert!(!provider.is_withdrawn(&valid).await, "nobody says so");
    lists(&server, &[&stays]).await;
    age(&provider, 11).await;
    assert!(provider.is_withdrawn(&valid).await);
}

#[tokio::test]
async fn old_keys_are_believed_for_an_hour_while_the_provider_is_away_and_no_longer() {
    let (server, signer) = (MockServer::start().await, Signer::ec("a"));
    lists(&server, &[&signer]).await;
    let provider = provider(&server, &json!({"refresh_seconds": 10}));
    let token = signer.token(&claims(&json!({})));
    provider.identity(&token).await.unwrap();
    server.reset().await;

    age(&provider, 3590).await;
    provider.identity(&token).await.unwrap();
    age(&provider, 3611).await;
    assert_eq!(detail(provider.identity(&token).await).0, 503);
    lists(&server, &[&signer]).await;
    *provider.asked.lock().await = None;
    provider.identity(&token).await.unwrap();
}

#[tokio::test]
async fn keys_can_come_from_a_file() {
    let (server, signer) = (MockServer::start().await, Signer::ec("a"));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys.json");
    std::fs::write(&path, serde_json::to_string(&JwkSet { keys: vec![signer.public()] }).unwrap()).unwrap();
    let provider = provider(&server, &json!({"keys": format!("file://{}", path.display())}));
    provider.identity(&signer.token(&claims(&json!({})))).await.unwrap();
}
