"""ministack, with what this project needs of AWS and ministack lacks. Started by `server`, as a process of its own.

| addition | without it |
| --- | --- |
| an alarm on metric math can be created; it is not evaluated | no stack with such an alarm |
| `PutMetricData` in the CBOR protocol, which the SDKs use, needs permission, with the key `cloudwatch:namespace` | everybody may call it |
| `ses_control`: a test sets quota and status of SES, which counts recipients | they are fixed; it counts messages |
| a Slack channel configuration can be created and, by Cloud Control, read; it sends nothing | no stack with one |
| a subscription without confirmation is listed as `PendingConfirmation` | it is listed like any other |
| a change of a function's configuration ends its own processes | it ends those of every account's function of that name, in the middle of a check too |

It replaces functions that ministack does not document, so it needs the version that `requirements.txt` pins.
"""

import json
from typing import Any

import cbor2
from ministack import app
from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudcontrol, lambda_svc, sns
from ministack.services.cloudformation import provisioners

from . import ses_control

PUT_METRIC_DATA = "cloudwatch:PutMetricData"
SLACK_CHANNEL = "AWS::Chatbot::SlackChannelConfiguration"


def alarm_record(name: str, properties: dict[str, Any], original: Any = provisioners._cw_metric_alarm_record) -> Any:
    if "Metrics" not in properties:
        return original(name, properties)
    record = original(name, {key: value for key, value in properties.items() if key != "Metrics"}
                      | {"Namespace": "none", "MetricName": "none"})
    # Without a name, ministack does not look for data points.
    return record | {"Namespace": "", "MetricName": ""}


def required_action(service: str, method: str, path: str, *request: Any, original: Any = iam_actions.extract_iam_action) -> Any:
    return PUT_METRIC_DATA if path.endswith("/operation/PutMetricData") else original(service, method, path, *request)


def resource(service: str, method: str, path: str, *request: Any, original: Any = iam_actions.extract_resource_arn) -> Any:
    return "*" if path.endswith("/operation/PutMetricData") else original(service, method, path, *request)


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


def end_processes(function: str, original: Any = lambda_svc.invalidate_worker, **scope: Any) -> None:
    original(function, **{"account": get_account_id(), "region": get_region()} | scope)


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
    lambda_svc.invalidate_worker = end_processes
    provisioners._RESOURCE_HANDLERS[SLACK_CHANNEL] = {"create": create_slack_channel, "delete": delete_slack_channel}
    ses_control.install()
    app.main()
