//! Servers of other machines: through the proxy that the environment names, and with TLS whose certificates it names.

use std::process::{Command, Output};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// `ada:secret`, as a proxy is shown it.
const AUTHORIZATION: &str = "proxy-authorization: basic ywrhonnly3jlda==";

/// The head of a request, in lower case.
async fn head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        read.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(read).unwrap().to_lowercase()
}

async fn answer(stream: &mut (impl AsyncWrite + Unpin), model: &str) {
    let body = format!(r#"{{"object":"list","data":[{{"id":"{model}","object":"model"}}]}}"#);
    let text = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
}

/// Serves one connection as a proxy and as the server behind it. Returns what the proxy was asked, and what the server.
async fn serve(listener: &TcpListener, tls: &TlsAcceptor, model: &str) -> [String; 2] {
    let (mut stream, _) = listener.accept().await.unwrap();
    let asked = head(&mut stream).await;
    if !asked.starts_with("connect ") {
        answer(&mut stream, model).await;
        return [asked.clone(), asked];
    }
    stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await.unwrap();
    let mut stream = tls.accept(stream).await.unwrap();
    let request = head(&mut stream).await;
    answer(&mut stream, model).await;
    [asked, request]
}

/// What `engine models` says of a server, with certificates in the directory and with a proxy.
async fn list(directory: &TempDir, base_url: &'static str, proxy: String) -> Output {
    let config = directory.path().join("engine.toml");
    let provider = format!("providers.far = {{ adapter = \"openai\", model = \"any\", base_url = \"{base_url}\" }}");
    std::fs::write(&config, provider).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_engine"));
    command
        .arg("models")
        .arg("--config")
        .arg(config)
        .env("SSL_CERT_FILE", directory.path().join("ca.pem"))
        .env("HTTPS_PROXY", &proxy)
        .env("HTTP_PROXY", &proxy)
        .env("NO_PROXY", "");
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

#[tokio::test]
async fn another_machine_is_called_through_the_proxy_of_the_environment_and_its_certificate_is_checked() {
    let directory = TempDir::new().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["far.example".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let tls =
        ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
    let tls = TlsAcceptor::from(Arc::new(tls));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://ada:secret@{}", listener.local_addr().unwrap());
    std::fs::write(directory.path().join("ca.pem"), authority.pem()).unwrap();

    let listing = list(&directory, "https://far.example/v1", proxy.clone());
    let (output, [tunnel, request]) = tokio::join!(listing, serve(&listener, &tls, "tall-tales"));
    assert!(String::from_utf8_lossy(&output.stdout).contains("tall-tales"), "{output:?}");
    assert!(tunnel.starts_with("connect far.example:443 ") && tunnel.contains(AUTHORIZATION), "{tunnel}");
    assert!(request.starts_with("get /v1/models ") && !request.contains("proxy-"), "{request}");

    // Without TLS the proxy gets the whole address, and no tunnel.
    let listing = list(&directory, "http://far.example/v1", proxy.clone());
    let (output, [asked, _]) = tokio::join!(listing, serve(&listener, &tls, "short-tales"));
    assert!(String::from_utf8_lossy(&output.stdout).contains("short-tales"), "{output:?}");
    assert!(asked.starts_with("get http://far.example/v1/models ") && asked.contains(AUTHORIZATION), "{asked}");

    // A certificate for another name, and one of nobody that is trusted, are refused before anything is said.
    let refusing = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await.unwrap();
        tls.accept(stream).await.is_err()
    };
    let (output, is_refused) = tokio::join!(list(&directory, "https://other.example/v1", proxy), refusing);
    assert!(is_refused);
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("certificate"), "{said}");
    assert!(!said.contains("secret"), "{said}");
}
