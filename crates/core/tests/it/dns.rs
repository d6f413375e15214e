//! Lookups against a DNS server on loopback that sends large, bogus, late, changing or no answers.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU8, Ordering};

use hickory_resolver::proto::op::{Message, MessageType, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, AAAA, CNAME, TXT};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use vestibule_core::dns::{Dns, HickoryDns};

/// Returns the response to a query by the first label of its name. `None` means that the server stays silent.
fn respond(request: &Message) -> Option<Message> {
    let query = request.queries.first()?.clone();
    let (name, query_type) = (query.name().clone(), query.query_type());
    let mut response = Message::new(request.id, MessageType::Response, request.op_code);
    response.metadata.recursion_available = true;
    response.add_query(query);
    let txt = |name: &Name, texts: Vec<String>| Record::from_rdata(name.clone(), 60, RData::TXT(TXT::new(texts)));
    let cname = |name: &Name, to: &str| {
        Record::from_rdata(name.clone(), 60, RData::CNAME(CNAME(Name::from_ascii(to).unwrap())))
    };
    let parse_name = |name: &str| Name::from_ascii(name).unwrap();
    let answers = match name.to_ascii().trim_end_matches('.').split('.').next()? {
        "plain" => vec![txt(&name, vec!["first ".to_owned(), "and second".to_owned()])],
        "many" => (0..500).map(|number| txt(&name, vec![format!("number {number} {}", "x".repeat(60))])).collect(),
        "alias" => {
            vec![cname(&name, "plain.example."), txt(&parse_name("plain.example."), vec!["found by alias".to_owned()])]
        }
        "loop" => vec![cname(&name, "loop.example.")],
        "elsewhere" => vec![txt(&parse_name("other.example."), vec!["not asked for".to_owned()])],
        "refused" => {
            response.metadata.response_code = ResponseCode::Refused;
            Vec::new()
        }
        "nothing" => {
            response.metadata.response_code = ResponseCode::NXDomain;
            Vec::new()
        }
        "liar" => {
            response.metadata.id = request.id.wrapping_add(1);
            Vec::new()
        }
        "silent" => return None,
        host => addresses(host, query_type)
            .into_iter()
            .map(|address| {
                let data = match address {
                    IpAddr::V4(address) => RData::A(A(address)),
                    IpAddr::V6(address) => RData::AAAA(AAAA(address)),
                };
                // A long lifetime: the client must not keep the answer anyway.
                Record::from_rdata(name.clone(), 3600, data)
            })
            .collect(),
    };
    response.answers = answers;
    Some(response)
}

/// The addresses of a host, IPv4 or IPv6 ones as asked.
fn addresses(host: &str, query_type: RecordType) -> Vec<IpAddr> {
    static REBINDS: AtomicU8 = AtomicU8::new(0);
    let mut addresses: Vec<IpAddr> = match (host, query_type) {
        ("dual" | "single", RecordType::A) => vec!["198.51.100.7".parse().unwrap()],
        ("dual", RecordType::AAAA) => vec!["2001:db8::7".parse().unwrap(), "::1".parse().unwrap()],
        ("crowd", RecordType::A) => (0..101).map(|last| IpAddr::from([198, 51, 100, last])).collect(),
        // Public at first, then this machine.
        ("rebind", RecordType::A) if REBINDS.fetch_add(1, Ordering::SeqCst) == 0 => vec![IpAddr::from([8, 8, 8, 8])],
        ("rebind", RecordType::A) => vec![IpAddr::from([127, 0, 0, 1])],
        _ => Vec::new(),
    };
    addresses.sort_unstable();
    addresses
}

/// Starts the server on UDP and TCP with the same port.
async fn start_server() -> SocketAddr {
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = tcp.local_addr().unwrap();
    let udp = UdpSocket::bind(address).await.unwrap();
    tokio::spawn(async move {
        let mut packet = [0; 4096];
        while let Ok((length, client)) = udp.recv_from(&mut packet).await {
            let Some(mut response) = Message::from_vec(&packet[..length]).ok().as_ref().and_then(respond) else {
                continue;
            };
            let mut bytes = response.to_vec().unwrap();
            if bytes.len() > 1200 {
                response.answers.clear();
                response.metadata.truncation = true;
                bytes = response.to_vec().unwrap();
            }
            let _ = udp.send_to(&bytes, client).await;
        }
    });
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = tcp.accept().await {
            tokio::spawn(async move {
                while let Ok(length) = stream.read_u16().await {
                    let mut packet = vec![0; length.into()];
                    stream.read_exact(&mut packet).await.unwrap();
                    let Some(response) = Message::from_vec(&packet).ok().as_ref().and_then(respond) else { return };
                    let bytes = response.to_vec().unwrap();
                    stream.write_u16(bytes.len().try_into().unwrap()).await.unwrap();
                    stream.write_all(&bytes).await.unwrap();
                }
            });
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_txt_records_and_rejects_bogus_answers() {
    let dns = HickoryDns::new(Some(start_server().await)).unwrap();
    assert_eq!(dns.lookup_txt("plain.example").await.unwrap(), ["first and second"]);
    assert_eq!(dns.lookup_txt("alias.example").await.unwrap(), ["found by alias"]);
    let many = dns.lookup_txt("many.example").await.unwrap();
    assert_eq!(many.len(), 100, "records beyond the limit are ignored");
    assert_eq!(dns.lookup_txt("nothing.example").await.unwrap(), Vec::<String>::new());
    for name in ["loop.example", "elsewhere.example"] {
        assert!(!dns.lookup_txt(name).await.is_ok_and(|texts| !texts.is_empty()), "{name}");
    }
    let (refused, liar, silent) = tokio::join!(
        dns.lookup_txt("refused.example"),
        dns.lookup_txt("liar.example"),
        dns.lookup_txt("silent.example")
    );
    for (name, result) in [("refused", refused), ("liar", liar), ("silent", silent)] {
        assert!(result.is_err(), "{name}: {result:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_all_addresses_anew_each_time() {
    let dns = HickoryDns::new(Some(start_server().await)).unwrap();
    let lookup = async |name: &str| {
        let mut addresses = dns.lookup_addresses(name).await?;
        addresses.sort_unstable();
        Ok::<_, vestibule_core::dns::DnsError>(addresses.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    assert_eq!(lookup("single.example").await.unwrap(), ["198.51.100.7"]);
    assert_eq!(lookup("dual.example").await.unwrap(), ["198.51.100.7", "::1", "2001:db8::7"]);
    for nothing in ["nothing.example", "unknown.example"] {
        assert_eq!(lookup(nothing).await.unwrap(), Vec::<String>::new(), "{nothing}");
    }
    // Each look-up asks the server, however long its answer is valid.
    let answers = [lookup("rebind.example").await.unwrap(), lookup("rebind.example").await.unwrap()];
    assert_eq!(answers, [["8.8.8.8"], ["127.0.0.1"]]);
    for failing in ["crowd.example", "refused.example"] {
        assert!(lookup(failing).await.is_err(), "{failing}");
    }
}
