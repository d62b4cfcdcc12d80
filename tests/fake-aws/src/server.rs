//! HTTP on a free port of 127.0.0.1, for a program that runs in a process of its own.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;
use std::{env, fs, mem, process, thread};

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use rcgen::{CertifiedKey, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use socket2::SockRef;

use crate::{Answer, Aws};

/// A server, for as long as the process of the test lives.
#[derive(Debug)]
pub struct Server {
    /// Where it listens: `127.0.0.1:40000`.
    pub address: SocketAddr,
    connections: Arc<Mutex<Vec<Connection>>>,
}

/// How a connection ends that nobody uses at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// The server closes it (FIN).
    Closed,
    /// The server resets it (RST).
    Reset,
    /// The server, or a NAT device on the way, forgets it, and answers the next request with a reset.
    Forgotten,
    /// Nothing comes back any more.
    BlackHole,
}

impl Death {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Closed, Self::Reset, Self::Forgotten, Self::BlackHole];
}

#[derive(Debug)]
struct Connection {
    socket: TcpStream,
    death: Arc<OnceLock<Death>>,
    serving: JoinHandle<()>,
}

/// A request that a server received.
#[derive(Debug)]
pub struct Received {
    /// The method.
    pub method: String,
    /// The path, or for `CONNECT` the host and port.
    pub target: String,
    /// The request, with `https://` and the header `Host` in its address.
    pub request: HttpRequest,
    /// Whether others came before it on the same connection.
    pub is_on_used_connection: bool,
}

impl Server {
    /// A server that answers each request as `answer` says.
    ///
    /// # Panics
    /// If there is no free port.
    pub fn new(answer: impl Fn(&Received) -> Answer + Send + Sync + 'static) -> Self {
        Self::listen(answer, |stream| stream)
    }

    /// The fake AWS, over HTTP.
    #[must_use]
    pub fn of(aws: &Aws) -> Self {
        Self::new(answers_of(aws))
    }

    /// The fake AWS, over TLS.
    ///
    /// # Panics
    /// If the certificate is invalid.
    #[must_use]
    pub fn with_tls(aws: &Aws, certificate: &CertifiedKey<KeyPair>) -> Self {
        let key = PrivatePkcs8KeyDer::from(certificate.signing_key.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.cert.der().clone()], key.into());
        let config = Arc::new(config.unwrap());
        Self::listen(answers_of(aws), move |stream| {
            StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream)
        })
    }

    fn listen<S: Read + Write>(
        answer: impl Fn(&Received) -> Answer + Send + Sync + 'static,
        open: impl Fn(TcpStream) -> S + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, connections) = (listener.local_addr().unwrap(), Arc::default());
        let serve = Arc::new(move |connection: TcpStream, death: &OnceLock<Death>| {
            let socket = connection.try_clone().unwrap();
            let mut stream = BufReader::new(open(connection));
            let mut is_on_used_connection = false;
            while let Some(received) = receive(&mut stream, is_on_used_connection)
                && death.get().map_or_else(|| answer(&received), |death| death.answer()).send(&mut stream, &socket)
            {
                is_on_used_connection = true;
            }
        });
        let server = Self { address, connections: Arc::clone(&connections) };
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let (serve, death) = (Arc::clone(&serve), Arc::default());
                let (stream, dies) = (socket.try_clone().unwrap(), Arc::clone(&death));
                let serving = thread::spawn(move || serve(stream, &dies));
                connections.lock().unwrap().push(Connection { socket, death, serving });
            }
        });
        server
    }

    /// Ends all connections, and returns when that has been done. Requests that are lost on one of them reach nobody.
    ///
    /// # Panics
    /// If the server has.
    pub fn kill_connections(&self, death: Death) {
        for Connection { socket, death: dies, serving } in mem::take(&mut *self.connections.lock().unwrap()) {
            dies.set(death).unwrap();
            if death == Death::Reset {
                SockRef::from(&socket).set_linger(Some(Duration::ZERO)).unwrap();
            }
            if matches!(death, Death::Closed | Death::Reset) {
                // Wakes the thread that waits for a request, and tells the other side nothing.
                let _ = socket.shutdown(Shutdown::Read);
                serving.join().unwrap();
            }
        }
    }
}

impl Death {
    /// What becomes of a request.
    fn answer(self) -> Answer {
        if self == Self::BlackHole { Answer::Silence } else { Answer::Reset }
    }
}

/// A certificate for 127.0.0.1 that nobody else vouches for, and the file that it is in.
///
/// # Panics
/// If it cannot be made or written.
#[must_use]
pub fn certificate(name: &str) -> (CertifiedKey<KeyPair>, PathBuf) {
    let certificate = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let file = env::temp_dir().join(format!("fake-aws-{}-{name}.pem", process::id()));
    fs::write(&file, certificate.cert.pem()).unwrap();
    (certificate, file)
}

fn answers_of(aws: &Aws) -> impl Fn(&Received) -> Answer + use<> {
    let aws = aws.clone();
    move |received| aws.receive(&received.request, received.is_on_used_connection)
}

/// The next request; `None` at the end of the connection.
fn receive(stream: &mut BufReader<impl Read>, is_on_used_connection: bool) -> Option<Received> {
    let mut line = || {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|length| *length > 0)?;
        Some(line.trim_end().to_owned())
    };
    let first = line()?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    while let Some((name, value)) = line()?.split_once(": ") {
        headers.push((name.to_owned(), value.to_owned()));
    }
    let header =
        |name: &str| headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    let mut body = vec![0; header("content-length").map_or(0, |length| length.parse().unwrap())];
    let uri = format!("https://{}{target}", header("host")?);
    stream.read_exact(&mut body).ok()?;
    let mut request = HttpRequest::new(SdkBody::from(body));
    if method != "CONNECT" {
        request.set_uri(uri).unwrap();
        request.set_method(&method).unwrap();
    }
    for (name, value) in headers {
        request.headers_mut().append(name, value);
    }
    Some(Received { method, target, request, is_on_used_connection })
}

impl Answer {
    /// Sends the answer. Returns whether the connection can be used again.
    fn send(self, stream: &mut BufReader<impl Read + Write>, socket: &TcpStream) -> bool {
        match self {
            Self::Reply { status, headers, body } => {
                let mut lines = vec![format!("HTTP/1.1 {status} -"), format!("content-length: {}", body.len())];
                lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
                let head = lines.join("\r\n") + "\r\n\r\n";
                let stream = stream.get_mut();
                stream.write_all(&[head.as_bytes(), &body].concat()).and_then(|()| stream.flush()).is_ok()
            }
            // Until the other side gives up.
            Self::Silence => stream.read_to_end(&mut Vec::new()).is_err(),
            Self::NoAnswer | Self::NoConnection => false,
            Self::Reset => {
                SockRef::from(socket).set_linger(Some(Duration::ZERO)).unwrap();
                false
            }
            Self::Slow(time, answer) => {
                thread::sleep(time);
                answer.send(stream, socket)
            }
        }
    }
}
