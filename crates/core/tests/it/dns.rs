//! DNS as it answers in the world: from a server on loopback that is slow, lies, and sends a great deal.

use std::net::SocketAddr;

use hickory_resolver::proto::op::{Message, MessageType, ResponseCode};
use hickory_resolver::proto::rr::rdata::{CNAME, TXT};
use hickory_resolver::proto::rr::{Name, RData, Record};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use vestibule_core::domain::{Dns, HickoryDns};

/// What the server says to whoever asks for this name; `None` for nothing at all.
fn answer(asked: &Message) -> Option<Message> {
    let query = asked.queries.first()?.clone();
    let name = query.name().clone();
    let mut said = Message::new(asked.id, MessageType::Response, asked.op_code);
    said.metadata.recursion_available = true;
    said.add_query(query);
    let txt = |name: &Name, texts: Vec<String>| Record::from_rdata(name.clone(), 60, RData::TXT(TXT::new(texts)));
    let alias = |name: &Name, to: &str| {
        Record::from_rdata(name.clone(), 60, RData::CNAME(CNAME(Name::from_ascii(to).unwrap())))
    };
    let named = |name: &str| Name::from_ascii(name).unwrap();
    let answers = match name.to_ascii().trim_end_matches('.').split('.').next()? {
        "plain" => vec![txt(&name, vec!["first ".to_owned(), "and second".to_owned()])],
        "many" => (0..500).map(|number| txt(&name, vec![format!("number {number} {}", "x".repeat(60))])).collect(),
        "alias" => {
            vec![alias(&name, "plain.example."), txt(&named("plain.example."), vec!["by another name".to_owned()])]
        }
        "loop" => vec![alias(&name, "loop.example.")],
        "elsewhere" => vec![txt(&named("other.example."), vec!["not asked for".to_owned()])],
        "refused" => {
            said.metadata.response_code = ResponseCode::Refused;
            Vec::new()
        }
        "nothing" => {
            said.metadata.response_code = ResponseCode::NXDomain;
            Vec::new()
        }
        "liar" => {
            said.metadata.id = asked.id.wrapping_add(1);
            Vec::new()
        }
        _ => return None,
    };
    said.answers = answers;
    Some(said)
}

/// The server, on one port for both ways.
async fn server() -> SocketAddr {
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = tcp.local_addr().unwrap();
    let udp = UdpSocket::bind(address).await.unwrap();
    tokio::spawn(async move {
        let mut packet = [0; 4096];
        while let Ok((length, asker)) = udp.recv_from(&mut packet).await {
            let Some(mut said) = Message::from_vec(&packet[..length]).ok().as_ref().and_then(answer) else { continue };
            let mut bytes = said.to_vec().unwrap();
            if bytes.len() > 1200 {
                said.answers.clear();
                said.metadata.truncation = true;
                bytes = said.to_vec().unwrap();
            }
            let _ = udp.send_to(&bytes, asker).await;
        }
    });
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = tcp.accept().await {
            tokio::spawn(async move {
                while let Ok(length) = stream.read_u16().await {
                    let mut packet = vec![0; length.into()];
                    stream.read_exact(&mut packet).await.unwrap();
                    let Some(said) = Message::from_vec(&packet).ok().as_ref().and_then(answer) else { return };
                    let bytes = said.to_vec().unwrap();
                    stream.write_u16(bytes.len().try_into().unwrap()).await.unwrap();
                    stream.write_all(&bytes).await.unwrap();
                }
            });
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_read_and_nothing_else_is_believed() {
    let dns = HickoryDns::new(Some(server().await)).unwrap();
    assert_eq!(dns.txt("plain.example").await.unwrap(), ["first and second"]);
    assert_eq!(dns.txt("alias.example").await.unwrap(), ["by another name"]);
    let many = dns.txt("many.example").await.unwrap();
    assert_eq!(many.len(), 100, "of five hundred, as many as are looked at");
    assert_eq!(dns.txt("nothing.example").await.unwrap(), Vec::<String>::new());
    for name in ["loop.example", "elsewhere.example"] {
        assert!(!dns.txt(name).await.is_ok_and(|texts| !texts.is_empty()), "{name}");
    }
    let (refused, liar, silent) =
        tokio::join!(dns.txt("refused.example"), dns.txt("liar.example"), dns.txt("silent.example"));
    for (name, asked) in [("refused", refused), ("liar", liar), ("silent", silent)] {
        assert!(asked.is_err(), "{name}: {asked:?}");
    }
}
