"""How a queue of the local AWS invokes a function, as a mapping of CloudFormation says."""

import io
import json
import re
import zipfile
from itertools import accumulate
from typing import Any

from local.account import Account
from toolkit.waiting import wait_for

SECONDS = 0.3
# A message that failed comes again after the function's timeout, as Lambda demands: one that a slow start delays does not.
TIMEOUT_SECONDS = 6
# It logs when it begins and ends with a message, and then does what the message says.
BOOTSTRAP = f"""#!/usr/bin/python3
import json, os, time, urllib.request
API = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(API + "next") as answer:
        request, event = answer.headers["Lambda-Runtime-Aws-Request-Id"], json.load(answer)
    [message] = event["Records"]
    print("BEGIN", message["body"], time.time(), flush=True)
    time.sleep({SECONDS})
    print("DONE", message["body"], time.time(), flush=True)
    failed = [{{"itemIdentifier": message["messageId"]}}] if message["body"] == "reported" else []
    how, answer = "response", {{"batchItemFailures": failed}}
    if message["body"] == "raised":
        how, answer = "error", {{"errorType": "Error", "errorMessage": "as asked"}}
    body = json.dumps(answer).encode()
    urllib.request.urlopen(urllib.request.Request(API + request + "/" + how, body, method="POST")).close()
"""
TEMPLATE = {
    "Resources": {
        "Failed": {"Type": "AWS::SQS::Queue"},
        "Work": {"Type": "AWS::SQS::Queue", "Properties": {
            "VisibilityTimeout": TIMEOUT_SECONDS,
            "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Failed", "Arn"]}, "maxReceiveCount": 2},
        }},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}},
        "Function": {"Type": "AWS::Lambda::Function", "Properties": {
            "Runtime": "provided.al2023", "Handler": "bootstrap", "Timeout": TIMEOUT_SECONDS,
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Code": {"S3Bucket": {"Fn::Sub": "code-${AWS::AccountId}"}, "S3Key": "code.zip"},
        }},
        "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
            "EventSourceArn": {"Fn::GetAtt": ["Work", "Arn"]}, "FunctionName": {"Ref": "Function"}, "BatchSize": 1,
            "FunctionResponseTypes": ["ReportBatchItemFailures"], "ScalingConfig": {"MaximumConcurrency": 2},
        }},
    },
    "Outputs": {name: {"Value": {"Ref": name}} for name in ("Work", "Failed", "Function")},
}


def create_stack(account: Account) -> dict[str, str]:
    """The outputs of a stack of the template."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        file = zipfile.ZipInfo("bootstrap")
        file.external_attr = 0o755 << 16
        code.writestr(file, BOOTSTRAP)
    bucket = f"code-{account.id}"
    account.client("s3").create_bucket(Bucket=bucket)
    account.client("s3").put_object(Bucket=bucket, Key="code.zip", Body=archive.getvalue())
    cloudformation = account.client("cloudformation")
    cloudformation.create_stack(StackName="queue", TemplateBody=json.dumps(TEMPLATE), Capabilities=["CAPABILITY_IAM"])
    cloudformation.get_waiter("stack_create_complete").wait(StackName="queue", WaiterConfig={"Delay": 1})
    [stack] = cloudformation.describe_stacks(StackName="queue")["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def test_a_queue_invokes_a_function_two_at_a_time_and_keeps_what_fails(account: Account) -> None:
    created, sqs = create_stack(account), account.client("sqs")
    for body in ("1", "2", "reported", "3", "raised", "4"):
        sqs.send_message(QueueUrl=created["Work"], MessageBody=body)
    failed: list[Any] = []

    def both_failed() -> bool:
        failed.extend(sqs.receive_message(QueueUrl=created["Failed"], MaxNumberOfMessages=10).get("Messages", []))
        return len(failed) == 2

    wait_for(both_failed, "two messages in the dead-letter queue", timeout=60)
    assert sorted(message["Body"] for message in failed) == ["raised", "reported"]

    logged = account.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{created['Function']}")["events"]
    found = (re.fullmatch(r"(BEGIN|DONE) (\w+) ([\d.]+)", event["message"].strip()) for event in logged)
    steps = sorted((step.groups() for step in found if step), key=lambda step: float(step[2]))
    done = [body for step, body, _ in steps if step == "DONE"]
    assert sorted(done) == ["1", "2", "3", "4", "raised", "raised", "reported", "reported"]
    assert max(accumulate(1 if step == "BEGIN" else -1 for step, _, _ in steps)) == 2
    first, second = [float(at) for step, body, at in steps if (step, body) == ("BEGIN", "reported")]
    assert second - first >= TIMEOUT_SECONDS
