//! Answers in the wire format of each service.

use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::time::Duration;
use std::{fmt, io, iter};

use aws_smithy_cbor::Encoder;
use aws_smithy_runtime_api::client::http::HttpConnectorFuture;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::ErrorKind;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tower_service::Service;

use crate::Call;
use crate::call::SESSION_KEY;

/// What becomes of a request.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A response.
    Reply {
        /// The HTTP status.
        status: u16,
        /// Headers beside the usual ones.
        headers: Vec<(&'static str, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// The request arrives, and nothing ever comes back.
    Silence,
    /// The request arrives, and the connection is closed.
    NoAnswer,
    /// The request arrives, and the connection is reset.
    Reset,
    /// The connection cannot be made.
    NoConnection,
    /// The answer comes after some time.
    Slow(Duration, Box<Self>),
}

impl Answer {
    /// A response with a body and no further headers.
    pub fn reply(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::Reply { status, headers: Vec::new(), body: body.into() }
    }

    /// An error of the services that answer in XML: SES, SNS and STS.
    #[must_use]
    pub fn xml_error(status: u16, code: &str, message: &str) -> Self {
        let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
        Self::reply(status, format!("<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>"))
    }

    /// An error of the services that answer in JSON: DynamoDB, Organizations, Service Quotas and SQS.
    #[must_use]
    pub fn json_error(status: u16, code: &str, message: &str) -> Self {
        let kind = format!("com.amazonaws.dynamodb.v20120810#{code}");
        Self::reply(status, json!({"__type": kind, "message": message}).to_string())
    }

    /// An error of CloudWatch.
    #[must_use]
    pub fn cbor_error(status: u16, code: &str, message: &str) -> Self {
        let headers =
            vec![("smithy-protocol", "rpc-v2-cbor".to_owned()), ("x-amzn-query-error", format!("{code};Sender"))];
        let mut body = Encoder::new(Vec::new());
        body.begin_map().str("__type").str(code).str("message").str(message).end();
        Self::Reply { status, headers, body: body.into_writer() }
    }

    /// `GetSendQuota` with these numbers.
    #[must_use]
    pub fn quota(sent: impl fmt::Display, max: impl fmt::Display, rate: impl fmt::Display) -> Self {
        let fields = format!(
            "<SentLast24Hours>{sent}</SentLast24Hours><Max24HourSend>{max}</Max24HourSend><MaxSendRate>{rate}</MaxSendRate>"
        );
        Self::quota_fields(&fields)
    }

    /// `GetSendQuota` with this XML for its result.
    #[must_use]
    pub fn quota_fields(fields: &str) -> Self {
        Self::reply(
            200,
            format!(
                "<GetSendQuotaResponse xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\"><GetSendQuotaResult>{fields}\
                 </GetSendQuotaResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetSendQuotaResponse>"
            ),
        )
    }

    /// `GetSendStatistics` with these points: a time in RFC 3339, and how many were sent.
    #[must_use]
    pub fn statistics(points: impl IntoIterator<Item = (impl fmt::Display, impl fmt::Display)>) -> Self {
        let member = |(time, sent)| {
            format!(
                "<member><Timestamp>{time}</Timestamp><DeliveryAttempts>{sent}</DeliveryAttempts><Bounces>0</Bounces>\
                 <Complaints>0</Complaints><Rejects>0</Rejects></member>"
            )
        };
        let points: String = points.into_iter().map(member).collect();
        Self::reply(
            200,
            format!(
                "<GetSendStatisticsResponse xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\"><GetSendStatisticsResult>\
                 <SendDataPoints>{points}</SendDataPoints></GetSendStatisticsResult><ResponseMetadata>\
                 <RequestId>1</RequestId></ResponseMetadata></GetSendStatisticsResponse>"
            ),
        )
    }

    /// `GetAccount` of an account with production access, in this state. As in AWS, people's addresses come with it.
    #[must_use]
    pub fn account(sending_enabled: bool, enforcement_status: &str) -> Self {
        Self::account_fields(&json!({
            "EnforcementStatus": enforcement_status, "SendingEnabled": sending_enabled, "ProductionAccessEnabled": true,
        }))
    }

    /// `GetAccount` with these fields, and those that are not to be read.
    ///
    /// # Panics
    /// If `fields` is not an object.
    #[must_use]
    pub fn account_fields(fields: &Value) -> Self {
        let mut account = json!({
            "DedicatedIpAutoWarmupEnabled": false,
            "SendQuota": {"Max24HourSend": 50000.0, "MaxSendRate": 14.0, "SentLast24Hours": 48100.0},
            "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
            "Details": {
                "MailType": "TRANSACTIONAL", "WebsiteURL": "https://private.example.com", "ContactLanguage": "EN",
                "UseCaseDescription": "private-use-case", "AdditionalContactEmailAddresses": ["private@example.com"],
                "ReviewDetails": {"Status": "GRANTED", "CaseId": "private-case"},
            },
        });
        account.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        Self::reply(200, account.to_string())
    }

    /// An error of version 2 of the SES API.
    #[must_use]
    pub fn rest_error(status: u16, code: &str, message: &str) -> Self {
        let headers = vec![("x-amzn-errortype", code.to_owned())];
        Self::Reply { status, headers, body: json!({"message": message}).to_string().into_bytes() }
    }

    /// `BatchGetItem` with these items of a table.
    #[must_use]
    pub fn items(table: &str, items: &[Value]) -> Self {
        Self::reply(200, json!({"Responses": {table: items}, "UnprocessedKeys": {}}).to_string())
    }

    /// `GetTopicAttributes` of a topic with so many confirmed subscriptions.
    #[must_use]
    pub fn subscribers(confirmed: u32) -> Self {
        Self::reply(
            200,
            format!(
                "<GetTopicAttributesResponse><GetTopicAttributesResult><Attributes><entry><key>SubscriptionsConfirmed</key>\
                 <value>{confirmed}</value></entry></Attributes></GetTopicAttributesResult></GetTopicAttributesResponse>"
            ),
        )
    }

    /// `AssumeRole`: a session in the account of the role, until `ends_at`, which no log may show.
    ///
    /// # Panics
    /// If `call` asks for none.
    #[must_use]
    pub fn session(call: &Call, ends_at: impl fmt::Display) -> Self {
        let account = call.assumed_account();
        Self::reply(
            200,
            format!(
                "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
                 <AccessKeyId>{SESSION_KEY}{account}</AccessKeyId><SecretAccessKey>private-key-of-{account}</SecretAccessKey>\
                 <SessionToken>private-token-of-{account}</SessionToken><Expiration>{ends_at}</Expiration></Credentials>\
                 </AssumeRoleResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleResponse>"
            ),
        )
    }

    /// The same answer, after `time`.
    #[must_use]
    pub fn after(self, time: Duration) -> Self {
        Self::Slow(time, Box::new(self))
    }

    pub(crate) fn deliver(self) -> HttpConnectorFuture {
        match self {
            Self::Reply { status, headers, body } => {
                let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
                for (name, value) in headers {
                    response.headers_mut().insert(name, value);
                }
                HttpConnectorFuture::ready(Ok(response))
            }
            Self::Silence => HttpConnectorFuture::new(std::future::pending()),
            // As the SDK's HTTP client classifies them.
            Self::NoAnswer => {
                let closed = "connection closed before message completed";
                let error = ConnectorError::other(closed.into(), Some(ErrorKind::TransientError));
                HttpConnectorFuture::ready(Err(error))
            }
            Self::Reset => HttpConnectorFuture::ready(Err(ConnectorError::io("connection reset by peer".into()))),
            Self::NoConnection => HttpConnectorFuture::new(no_connection()),
            Self::Slow(time, answer) => HttpConnectorFuture::new(async move {
                tokio::time::sleep(time).await;
                answer.deliver().await
            }),
        }
    }
}

/// An AWS without faults: 96.2% of the quota used, no history, a healthy account, no request for a higher quota, no state yet,
/// everything accepted, sessions without end, an organization without accounts.
#[must_use]
pub fn healthy(call: &Call) -> Answer {
    match call.operation.as_str() {
        "GetSendQuota" => Answer::quota("48100.0", "50000.0", "14.0"),
        "GetSendStatistics" => Answer::statistics([("", 0); 0]),
        "GetAccount" => Answer::account(true, "HEALTHY"),
        "Publish" => Answer::reply(
            200,
            "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>",
        ),
        "GetTopicAttributes" => Answer::subscribers(2),
        "AssumeRole" => Answer::session(call, "2099-01-01T00:00:00Z"),
        "PutMetricData" => {
            let headers = vec![("smithy-protocol", "rpc-v2-cbor".to_owned())];
            Answer::Reply { status: 200, headers, body: vec![0xa0] }
        }
        _ => Answer::reply(200, "{}"),
    }
}

/// The error of a host that is not found, as the SDK's HTTP client returns it.
async fn no_connection() -> Result<HttpResponse, ConnectorError> {
    let connector = HttpConnector::new_with_resolver(NoHost);
    let client = Client::builder(TokioExecutor::new()).build::<_, String>(connector);
    let error = client.get("http://example.com".parse().unwrap()).await.unwrap_err();
    Err(ConnectorError::io(error.into()))
}

/// A DNS that knows no host.
#[derive(Clone)]
struct NoHost;

impl Service<Name> for NoHost {
    type Response = iter::Empty<SocketAddr>;
    type Error = io::Error;
    type Future = Ready<io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Name) -> Self::Future {
        ready(Err(io::Error::other("no such host")))
    }
}
