//! The model calls' HTTP paths, each at the root and below `/t/NAME`.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{ConnectInfo, DefaultBodyLimit, Path, State, rejection::BytesRejection},
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use serde_json::{Value, json};

use super::{
    app::{App, At, problem},
    control,
    listen::Peer,
    respond::{Arrival, respond, unreadable},
};
use crate::{
    call::{Api, Vendor},
    namespace::Namespace,
    profile::{Profile, Site},
    wire,
};

/// The largest request, in bytes: long prompts, but no accident.
pub(crate) const BODY_LIMIT: usize = 32 * 1024 * 1024;

/// The model that is listed when the script names none.
const SOME_MODEL: &str = "mock";

pub(crate) fn router(app: App) -> Router {
    let calls = match &app.profile.site {
        Some(site) => one_server(&app.profile, site),
        None => every_vendor(),
    };
    let both = calls.merge(control::routes());
    Router::new()
        .nest("/t/{namespace}", both.clone().merge(control::named_routes()))
        .merge(both)
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(app)
}

/// The addresses of a server that a profile imitates, and no other.
fn one_server(profile: &Profile, site: &Site) -> Router<App> {
    let calls = Router::new().route(&site.call, call(site.api));
    profile.pages.iter().fold(calls, |router, (path, page)| {
        let page = Json(page.clone());
        let answer = move || std::future::ready(page.clone());
        router.route(path, get(answer.clone()).post(answer))
    })
}

/// All vendors' addresses.
fn every_vendor() -> Router<App> {
    let calls = Api::ALL.into_iter().fold(Router::new(), |router, api| router.route(api.path(), call(api)));
    calls
        .route("/v1/messages/count_tokens", post(count_tokens))
        .route("/v1/models", get(v1_models))
        .route("/v1/models/{model}", get(v1_model))
        .route("/v1beta/models", get(gemini_models))
        .route("/api/tags", get(tags))
        .route("/api/ps", get(running))
        .route("/api/show", post(show))
        .route("/api/version", get(|| async { Json(json!({ "version": "0.12.0" })) }))
}

/// A path that takes model calls.
fn call(api: Api) -> MethodRouter<App> {
    post(
        move |State(app): State<App>,
              At(namespace): At,
              ConnectInfo(peer): ConnectInfo<Peer>,
              uri: Uri,
              headers: HeaderMap,
              body: Result<Bytes, BytesRejection>| async move {
            let App { responder, profile, stopping, .. } = app;
            let arrival = Arrival { namespace, peer, responder, profile, uri, stopping };
            match body {
                Ok(body) => respond(api, arrival, headers, body).await,
                Err(rejection) => unreadable(api, arrival, headers, &rejection),
            }
        },
    )
}

/// `OpenAI` and Anthropic share the path; only one of them sends a version.
fn v1_vendor(headers: &HeaderMap) -> Vendor {
    if headers.contains_key("anthropic-version") { Vendor::Anthropic } else { Vendor::OpenAi }
}

async fn count_tokens(Json(request): Json<Value>) -> Json<Value> {
    Json(wire::count_tokens(&request))
}

async fn show(Json(request): Json<Value>) -> Json<Value> {
    Json(wire::details(request["model"].as_str().unwrap_or(SOME_MODEL)))
}

async fn v1_models(At(namespace): At, headers: HeaderMap) -> Response {
    Json(wire::models(v1_vendor(&headers), &model_names(&namespace))).into_response()
}

async fn v1_model(headers: HeaderMap, Path(params): Path<Vec<(String, String)>>) -> Response {
    let model = params.iter().find(|(key, _)| key == "model").map_or(SOME_MODEL, |(_, model)| model);
    Json(wire::model(v1_vendor(&headers), model)).into_response()
}

async fn tags(At(namespace): At) -> Response {
    Json(wire::models(Vendor::Ollama, &model_names(&namespace))).into_response()
}

async fn gemini_models(At(namespace): At) -> Response {
    Json(wire::models(Vendor::Gemini, &model_names(&namespace))).into_response()
}

async fn running(At(namespace): At) -> Response {
    Json(wire::running(&model_names(&namespace))).into_response()
}

fn model_names(namespace: &Namespace) -> Vec<String> {
    let mut names = namespace.script().model_names();
    if names.is_empty() {
        names.push(SOME_MODEL.to_owned());
    }
    names
}

async fn wrong_method(method: Method, uri: Uri) -> Response {
    let detail = format!("{} does not take {method}", uri.path());
    problem(StatusCode::METHOD_NOT_ALLOWED, &detail).into_response()
}

async fn unknown_path(State(app): State<App>, uri: Uri) -> Response {
    if let Some(site) = &app.profile.site {
        let detail = format!("there is no {}; as {}, calls go to {}", uri.path(), app.profile.name(), site.call);
        return problem(StatusCode::NOT_FOUND, &detail).into_response();
    }
    let detail = format!(
        "there is no {}; calls go to {}, also below /t/NAME, control to /__mock/…",
        uri.path(),
        Api::ALL.map(Api::path).join(", ")
    );
    problem(StatusCode::NOT_FOUND, &detail).into_response()
}
