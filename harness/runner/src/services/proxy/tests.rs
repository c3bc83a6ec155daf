//! Every fault of a link, on a link.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout};

use super::*;

/// A server that answers every byte with the next one.
async fn server() -> Upstream {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut byte = [0];
                while stream.read_exact(&mut byte).await.is_ok() {
                    if stream.write_all(&[byte[0] + 1]).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    Upstream::Tcp(address.to_string())
}

async fn ask(stream: &mut TcpStream, byte: u8) -> io::Result<u8> {
    stream.write_all(&[byte]).await?;
    let mut answer = [0];
    stream.read_exact(&mut answer).await?;
    Ok(answer[0])
}

#[tokio::test]
async fn what_a_paused_link_holds_back_comes_through_afterwards() {
    let proxy = Proxy::start(server().await, 1).await.unwrap();
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    assert_eq!(ask(&mut stream, 1).await.unwrap(), 2);
    proxy.change(|faults| faults.paused = true);
    assert!(timeout(Duration::from_millis(50), ask(&mut stream, 5)).await.is_err());
    proxy.change(|faults| faults.paused = false);
    let mut answer = [0];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, [6]);
}

#[tokio::test]
async fn a_cut_resets_every_connection_and_new_ones_work() {
    let proxy = Proxy::start(server().await, 1).await.unwrap();
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    assert_eq!(ask(&mut stream, 1).await.unwrap(), 2);
    proxy.cut();
    let error = stream.read_exact(&mut [0]).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    assert_eq!(ask(&mut stream, 3).await.unwrap(), 4);
}

#[tokio::test]
async fn a_dropped_response_ends_its_connection() {
    let proxy = Proxy::start(server().await, 1).await.unwrap();
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    assert_eq!(ask(&mut stream, 1).await.unwrap(), 2);
    proxy.change(|faults| faults.drop_responses = true);
    assert_eq!(ask(&mut stream, 1).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn latency_counts_in_each_direction() {
    let proxy = Proxy::start(server().await, 1).await.unwrap();
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    proxy.change(|faults| faults.latency = Duration::from_millis(20));
    let began = Instant::now();
    assert_eq!(ask(&mut stream, 1).await.unwrap(), 2);
    assert!(began.elapsed() >= Duration::from_millis(40));
}

#[test]
fn a_url_says_where_the_server_is() {
    assert!(matches!(Upstream::of("redis+unix:///a/b.sock"), Some(Upstream::Unix(path)) if path.ends_with("b.sock")));
    assert!(matches!(Upstream::of("redis://h:1/0"), Some(Upstream::Tcp(address)) if address == "h:1"));
    assert!(matches!(Upstream::of("http://h:2/v1"), Some(Upstream::Tcp(address)) if address == "h:2"));
    assert!(Upstream::of("ftp://h").is_none());
}

async fn link() -> (Proxy, TcpStream) {
    let proxy = Proxy::start(server().await, 1).await.unwrap();
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    assert_eq!(ask(&mut stream, 1).await.unwrap(), 2);
    (proxy, stream)
}

const SHORT: Duration = Duration::from_millis(50);

#[tokio::test]
async fn a_black_hole_swallows_from_old_and_new_connections_and_resets_them_when_it_is_gone() {
    let (proxy, mut old) = link().await;
    proxy.change(|faults| faults.black_hole = true);
    let mut new = TcpStream::connect(proxy.address).await.unwrap();
    assert!(timeout(SHORT, ask(&mut old, 1)).await.is_err());
    assert!(timeout(SHORT, ask(&mut new, 1)).await.is_err());
    proxy.change(LinkFaults::repair);
    for stream in [&mut old, &mut new] {
        assert_eq!(stream.read_exact(&mut [0]).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    }
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    assert_eq!(ask(&mut stream, 3).await.unwrap(), 4);
}

#[tokio::test]
async fn a_connection_of_which_nothing_was_swallowed_outlives_a_black_hole() {
    let (proxy, mut stream) = link().await;
    proxy.change(|faults| faults.black_hole = true);
    proxy.change(LinkFaults::repair);
    assert_eq!(ask(&mut stream, 3).await.unwrap(), 4);
}

#[tokio::test]
async fn a_half_open_connection_is_silent_until_the_repair_and_new_ones_work() {
    let (proxy, mut old) = link().await;
    proxy.change(LinkFaults::half_open);
    assert!(timeout(SHORT, ask(&mut old, 1)).await.is_err());
    let mut new = TcpStream::connect(proxy.address).await.unwrap();
    assert_eq!(ask(&mut new, 5).await.unwrap(), 6);
    proxy.change(LinkFaults::repair);
    assert_eq!(old.read_exact(&mut [0]).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(ask(&mut new, 7).await.unwrap(), 8);
}

#[tokio::test]
async fn a_link_that_is_cut_after_some_bytes_is_cut_once() {
    let (proxy, mut stream) = link().await;
    proxy.change(|faults| faults.cut_after = Some(2));
    assert_eq!(ask(&mut stream, 1).await.unwrap(), 2);
    // The second byte may be lost with the connection: a reset overtakes what was not read.
    let answer = ask(&mut stream, 1).await;
    assert!(answer.is_err() || ask(&mut stream, 1).await.is_err());
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    for _ in 0..5 {
        assert_eq!(ask(&mut stream, 3).await.unwrap(), 4);
    }
}

#[tokio::test]
async fn a_slow_link_carries_no_more_than_its_rate_and_a_sliced_one_all_of_it() {
    let (proxy, mut stream) = link().await;
    proxy.change(|faults| faults.slice = Some(1));
    stream.write_all(&[1; 20]).await.unwrap();
    let mut answer = [0; 20];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, [2; 20]);
    proxy.change(|faults| {
        faults.slice = None;
        faults.bytes_per_second = Some(200);
    });
    let began = Instant::now();
    stream.write_all(&[1; 20]).await.unwrap();
    stream.read_exact(&mut answer).await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(90), "{:?}", began.elapsed());
}

#[tokio::test]
async fn jitter_is_drawn_from_the_seed_and_stays_below_its_limit() {
    let (proxy, mut stream) = link().await;
    proxy.change(|faults| faults.jitter = Duration::from_millis(40));
    let mut took = Vec::new();
    for _ in 0..8 {
        let began = Instant::now();
        assert_eq!(ask(&mut stream, 1).await.unwrap(), 2);
        took.push(began.elapsed());
    }
    let (least, most) = (took.iter().min().unwrap(), took.iter().max().unwrap());
    assert!(*most >= *least + Duration::from_millis(5), "{took:?}");
}

#[tokio::test]
async fn a_link_can_lead_to_another_server() {
    let (proxy, _stream) = link().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    proxy.redirect(Upstream::Tcp(listener.local_addr().unwrap().to_string()));
    let (connected, accepted) = tokio::join!(TcpStream::connect(proxy.address), listener.accept());
    assert!(connected.is_ok() && accepted.is_ok());
}

#[tokio::test]
async fn a_fault_that_met_nothing_is_distinguished_from_one_that_has() {
    let (proxy, mut stream) = link().await;
    assert_eq!(proxy.effect(), Effect::NoFault);
    let none = |proxy: &Proxy| matches!(proxy.effect(), Effect::Unmet(_));
    proxy.change(|faults| faults.latency = Duration::from_millis(1));
    assert!(none(&proxy));
    assert_eq!(ask(&mut stream, 1).await.unwrap(), 2);
    assert_eq!(proxy.effect(), Effect::Met);
    proxy.change(LinkFaults::repair);
    assert_eq!(proxy.effect(), Effect::NoFault);
    proxy.change(|faults| faults.cut_after = Some(1));
    assert!(none(&proxy));
    // The reset may overtake the byte.
    let _ = ask(&mut stream, 1).await;
    assert_eq!(proxy.effect(), Effect::Met);
    let unused = Proxy::start(server().await, 1).await.unwrap();
    unused.cut();
    assert!(none(&unused));
    let (proxy, _stream) = link().await;
    proxy.cut();
    assert_eq!(proxy.effect(), Effect::Met);
}
