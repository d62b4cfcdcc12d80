"""ministack, with what this project needs of AWS and ministack lacks. Started by `server`, as a process of its own.

| addition | without it |
| --- | --- |
| an alarm on metric math can be created; it is not evaluated | no stack with such an alarm |
| the condition key `cloudwatch:namespace` | a statement with that key allows nothing |

It replaces functions that ministack does not document, so it needs the version that `requirements.txt` pins.
"""

from typing import Any

import cbor2
from ministack import app
from ministack.core import iam_actions
from ministack.services.cloudformation import provisioners


def alarm_record(name: str, properties: dict[str, Any], original: Any = provisioners._cw_metric_alarm_record) -> Any:
    if "Metrics" not in properties:
        return original(name, properties)
    record = original(name, {key: value for key, value in properties.items() if key != "Metrics"}
                      | {"Namespace": "none", "MetricName": "none"})
    # Without a name, ministack does not look for data points.
    return record | {"Namespace": "", "MetricName": ""}


def request_context(service: str, action: str, body: bytes, parameters: Any,
                    original: Any = iam_actions.request_tag_context) -> dict[str, Any]:
    context = dict(original(service, action, body, parameters))
    if action == "cloudwatch:PutMetricData":
        # The SDKs of this project's function and tests use the CBOR protocol.
        context["cloudwatch:namespace"] = cbor2.loads(body)["Namespace"]
    return context


if __name__ == "__main__":
    provisioners._cw_metric_alarm_record = alarm_record
    iam_actions.request_tag_context = request_context
    app.main()
