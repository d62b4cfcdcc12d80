"""ministack, with what this project needs of AWS and ministack lacks. Started by `server`, as a process of its own.

| addition | without it |
| --- | --- |
| an alarm on metric math can be created; it is not evaluated | no stack with such an alarm |
| operations of CloudWatch in the CBOR protocol, which the SDKs use, need permission, `PutMetricData` with the key `cloudwatch:namespace` | everybody may call them |
| reading the concurrency of a function, and a single event source, needs the permission of that name | that of writing, or of listing |
| `SendMessageBatch` needs the permission `sqs:SendMessage` | one of its own, which AWS does not have |
| `ses_control`: a test sets quota and status of SES, which counts recipients | they are fixed; it counts messages |
| `service_quotas`: the quotas of SES, and requests for higher ones | no Service Quotas |
| `sms_sandbox`: the SMS sandbox, its numbers, and who wants no more SMS | SNS does not know these operations |
| a Slack channel configuration can be created and, by Cloud Control, read; it sends nothing | no stack with one |
| a subscription without confirmation is listed as `PendingConfirmation` | it is listed like any other |
| the deletion protection of a table is true or false | it is the text of the template's parameter: `false` protects it, too, and the SDK for Rust rejects it |
| a change of a function's configuration ends its own processes | it ends those of every account's function of that name, in the middle of a check too |
| `organizations`: an organization has members and delegated administrators, and lists them in pages | each account has an organization of its own |
| a role that does not exist is refused in the same words as one that does not trust its caller | the words leave out the caller |
| the condition key `aws:PrincipalArn` is the ARN of the role, of a session too | it is the ARN of the session: a policy that names the role does not match |

It replaces functions that ministack does not document, so it needs the version that `requirements.txt` pins.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import cbor2
from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudcontrol, lambda_svc, sns, sts
from ministack.services.cloudformation import provisioners

from . import organizations, service_quotas, ses_control, sms_sandbox

PUT_METRIC_DATA = "cloudwatch:PutMetricData"
# What ministack takes for another action, by the end of its path.
LAMBDA_READS = [(r"/functions/[^/]+/concurrency$", "GetFunctionConcurrency"), (r"/event-source-mappings/[^/]+$", "GetEventSourceMapping")]
SLACK_CHANNEL = "AWS::Chatbot::SlackChannelConfiguration"


def alarm_record(name: str, properties: dict[str, Any], original: Any = provisioners._cw_metric_alarm_record) -> Any:
    if "Metrics" not in properties:
        return original(name, properties)
    record = original(name, {key: value for key, value in properties.items() if key != "Metrics"}
                      | {"Namespace": "none", "MetricName": "none"})
    # Without a name, ministack does not look for data points.
    return record | {"Namespace": "", "MetricName": ""}


def cbor_operation(path: str) -> str | None:
    """The operation of CloudWatch that a request in the CBOR protocol asks for, by its path."""
    found = re.fullmatch(r"/service/GraniteServiceVersion20100801/operation/(\w+)", path)
    return found[1] if found else None


def required_action(service: str, method: str, path: str, *request: Any, original: Any = iam_actions.extract_iam_action) -> Any:
    if operation := cbor_operation(path):
        return f"cloudwatch:{operation}"
    if service == "servicequotas":
        return f"servicequotas:{service_quotas.operation(request[0])}"
    if method == "GET" and service == "lambda" and (read := next((name for end, name in LAMBDA_READS if re.search(end, path)), None)):
        return f"lambda:{read}"
    action = original(service, method, path, *request)
    return "sqs:SendMessage" if action == "sqs:SendMessageBatch" else action


def resource(service: str, method: str, path: str, *request: Any, original: Any = iam_actions.extract_resource_arn) -> Any:
    return "*" if cbor_operation(path) else original(service, method, path, *request)


def request_context(service: str, action: str, body: bytes, parameters: Any,
                    original: Any = iam_actions.request_tag_context) -> dict[str, Any]:
    context = dict(original(service, action, body, parameters))
    if action == PUT_METRIC_DATA:
        context["cloudwatch:namespace"] = cbor2.loads(body)["Namespace"]
    return context


def listed_subscriptions(parameters: Any, original: Any = sns._list_subscriptions_by_topic) -> Any:
    status, headers, body = original(parameters)
    topic, _ = sns._get_topic(sns._p(parameters, "TopicArn"))
    for subscription in topic["subscriptions"] if topic else []:
        if not subscription["confirmed"]:
            body = body.replace(subscription["arn"].encode(), b"PendingConfirmation")
    return status, headers, body


def with_deletion_protection(handler: Callable[..., Any]) -> Callable[..., Any]:
    def create_or_update(*arguments: Any, **options: Any) -> Any:
        for properties in arguments:
            if isinstance(properties, dict) and "DeletionProtectionEnabled" in properties:
                properties["DeletionProtectionEnabled"] = str(properties["DeletionProtectionEnabled"]).lower() == "true"
        return handler(*arguments, **options)

    return create_or_update


def end_processes(function: str, original: Any = lambda_svc.invalidate_worker, **scope: Any) -> None:
    original(function, **{"account": get_account_id(), "region": get_region()} | scope)


def condition_value(key: str, context: Any, original: Any = iam_evaluator._resolve_condition_key) -> Any:
    value = original(key, context)
    session = key.lower() == "aws:principalarn" and re.fullmatch(r"arn:(.+):sts::(\d+):assumed-role/([^/]+)/.+", value)
    return "arn:{}:iam::{}:role/{}".format(*session.groups()) if session else value


async def answer_of_sts(method: str, path: str, headers: Any, body: bytes, query: Any, original: Any = sts.handle_request) -> Any:
    status, answer_headers, answer = await original(method, path, headers, body, query)
    if b"User: is not authorized" in answer:
        caller = sts._caller_identity(headers, query)["userArn"]
        answer = answer.replace(b"User: is", f"User: {caller} is".encode())
    return status, answer_headers, answer


def create_slack_channel(logical_id: str, properties: dict[str, Any], stack: str) -> tuple[str, dict[str, str]]:
    """Keeps the properties where Cloud Control looks for them, by the ARN, as on AWS."""
    arn = f"arn:aws:chatbot::{get_account_id()}:chat-configuration/slack-channel/{properties['ConfigurationName']}"
    cloudcontrol._resources[cloudcontrol._resource_key(SLACK_CHANNEL, arn)] = {
        "TypeName": SLACK_CHANNEL, "Identifier": arn, "Properties": json.dumps(properties | {"Arn": arn}),
    }
    return arn, {"Arn": arn}


def delete_slack_channel(arn: str, properties: dict[str, Any]) -> None:
    del cloudcontrol._resources[cloudcontrol._resource_key(SLACK_CHANNEL, arn)]


if __name__ == "__main__":
    provisioners._cw_metric_alarm_record = alarm_record
    iam_actions.extract_iam_action = required_action
    iam_actions.extract_resource_arn = resource
    iam_actions.request_tag_context = request_context
    sns._list_subscriptions_by_topic = listed_subscriptions
    tables = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]
    tables |= {kind: with_deletion_protection(tables[kind]) for kind in ("create", "update")}
    lambda_svc.invalidate_worker = end_processes
    provisioners._RESOURCE_HANDLERS[SLACK_CHANNEL] = {"create": create_slack_channel, "delete": delete_slack_channel}
    iam_evaluator._resolve_condition_key = condition_value
    sts.handle_request = answer_of_sts
    organizations.install()
    ses_control.install()
    service_quotas.install()
    sms_sandbox.install()
    app.main()
