"""The life of an alert: the real schedule, the real function and its real messages, on a local AWS.

What SES says is set by the demo. Nothing else is prepared: the texts and documents are those that the function sent, the
metrics those that CloudWatch stored, and the report the one that the function logged.
"""

import json
import sys
import time
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from toolkit.paths import PROJECT
from toolkit.waiting import WaitTimedOut

from . import traffic
from .deployment import DeployFailed
from .faults import Refusal
from .publications import Publication
from .screen import Screen
from .server import LocalAws, LocalAwsFailed
from .stage import Stage, Unexpected
from .traffic import Traffic

LOG_FILE = PROJECT / ".aws-sam" / "local-aws.log"
# Where the quota fills, and where it does not.
FILLING, PEAKING = "us-east-1", "eu-west-1"
PARAMETERS = {"CheckIntervalMinutes": "1", "Regions": f"{FILLING},{PEAKING}"}
# The defaults of the template, and a full quota.
LEVELS = {"WARNING": 80.0, "CRITICAL": 95.0, "EXHAUSTED": 100.0}
# What AWS answers where a policy of the organization closes a Region.
DENIED = ("User: arn:aws:sts::{}:assumed-role/ses-quota-monitor/monitor is not authorized to perform: ses:{} with an "
          "explicit deny in a service control policy")
UNREADABLE_MINUTES = 15
PLANNED = 15_000


class Demo(Stage):
    """The acts, in this order."""

    def has(self, region: str, sent: Traffic) -> None:
        self.account.set_ses(region, **sent.numbers())

    def two_alerts(self) -> None:
        waits, fills = sorted(self.next_check("quota {}", {FILLING: "RAISED", PEAKING: "RAISED"}),
                              key=lambda sent: sent.attributes["region"])
        self.screen.say(f"\nTwo alerts, both at about 81%. That of {PEAKING} can wait:")
        self.show_beginning(waits)
        self.screen.say(f"\nThat of {FILLING} cannot:")
        self.show_message(fills)
        for sent, verdict in ((waits, "noBreach"), (fills, "breach")):
            forecast = document(sent)["forecast"]
            if forecast["verdict"] != verdict:
                raise Unexpected(f"The forecast for {sent.attributes['region']} should be {verdict}: {json.dumps(forecast)}")
        self.screen.document("JSON in the queue", document(fills))

    def plan(self) -> None:
        request = {"plan": {"recipients": PLANNED, "region": PEAKING}}
        self.screen.say(f"{PEAKING} has room, and somebody wants to send {PLANNED:,} more from there. The function is asked first.")
        self.screen.document("Asked", request)
        done = self.stack.invoke(request)
        if done.error:
            raise Unexpected(f"The plan was not answered: {done.payload['errorMessage']}")
        self.screen.document("Answered", done.payload)
        plan = done.payload["plan"]
        if plan["fits"] or not plan["fitsFrom"]:
            raise Unexpected(f"{PLANNED:,} recipients should not fit now, and fit later.")
        self.screen.say(f"{PLANNED:,} recipients more do not fit now: there is room for {plan['room']:,}. They fit from "
                        f"{plan['fitsFrom']} on, when enough of today's mailing has left the 24 hours, and take "
                        f"{plan['takesSeconds'] // 60} minutes at {plan['perSecond']} a second. A plan changes nothing.")

    def fill(self) -> None:
        """The quota that fills, until it is full, and on the next day."""
        self.screen.say("The demo does not wait for the use to rise: it sets what SES would say later on this day as what it says "
                        "now, and starts the function anew, which otherwise keeps a history for a quarter of an hour.\n")
        for when, hour in (("An hour and a half later", 13.6), ("Half an hour later", 14.1)):
            self.later(when, {FILLING: traffic.filling(time.time(), hour)})
            self.show_message(*self.check_now("quota {}", {FILLING: "ESCALATED"}))
        self.later("The next day", {
            FILLING: traffic.filling(time.time(), 36), PEAKING: traffic.peaking(time.time(), 39),
        })
        for sent in self.check_now("quota {}", {FILLING: "RECOVERED", PEAKING: "RECOVERED"}):
            self.show_beginning(sent)
        points = [point for point in self.metrics()
                  if point.metric == "QuotaUtilization" and point.dimensions["Region"] == FILLING]
        self.screen.chart(f"QuotaUtilization of {FILLING} in percent, as CloudWatch has it", points, LEVELS)

    def later(self, when: str, sent: dict[str, Traffic]) -> None:
        self.screen.say(f"{when}:")
        for region in sent:
            self.has(region, sent[region])
        self.stack.restart()

    def review_and_pause(self) -> None:
        self.screen.say("What SES says of the account is set by the demo, too: only AWS can review an account.\n")
        self.screen.say("AWS puts the account under review (EnforcementStatus PROBATION).")
        self.account.set_ses(FILLING, enforcement_status="PROBATION")
        [sent] = self.check_now("account", {FILLING: "RAISED"})
        self.show_message(sent)
        self.screen.document("To Slack, over https: the format of Amazon Q Developer", json.loads(sent.text("https")))
        self.screen.say("\nAWS pauses the account (SHUTDOWN, sending not enabled): SES rejects all mail.")
        self.account.set_ses(FILLING, enforcement_status="SHUTDOWN", sending_enabled=False)
        self.show_message(*self.check_now("account", {FILLING: "ESCALATED"}))
        self.screen.say("The cause is corrected, and AWS resumes sending (HEALTHY).")
        self.account.set_ses(FILLING, enforcement_status="HEALTHY", sending_enabled=True)
        self.show_beginning(*self.check_now("account", {FILLING: "RECOVERED"}))

    def denying(self, operation: str) -> AbstractContextManager[Refusal]:
        return self.aws.proxy.refusing("ses", operation, account=self.account.id, region=PEAKING, code="AccessDenied",
                                       message=DENIED.format(self.account.id, operation), status=403)

    def lose_a_region(self) -> None:
        self.screen.say(f"A policy of the organization closes {PEAKING}: the demo refuses the calls to SES there, with the error "
                        f"that AWS gives. {FILLING} is read as before.")
        with self.denying("GetSendQuota"), self.denying("GetAccount"):
            self.check_now("reading", {})
            self.screen.say("The first check that fails is remembered, and nobody is told yet: most such failures pass.\n\n"
                            f"{UNREADABLE_MINUTES} minutes later. (The demo does not wait: it moves the time of the first "
                            f"failed check, `unreadSince` in the state table, {UNREADABLE_MINUTES} minutes back.)")
            key = f"{self.account.id}#{PEAKING}#READING"
            self.stack.move_back(key, "unreadSince", timedelta(minutes=UNREADABLE_MINUTES))
            self.show_message(*self.check_now("reading", {PEAKING: "RAISED"}))
        self.screen.say("The policy is corrected, and the Region can be read again.")
        self.show_beginning(*self.check_now("reading", {PEAKING: "RECOVERED"}))


def document(sent: Publication) -> dict[str, Any]:
    """What machines get."""
    return json.loads(sent.text("sqs"))


def run_steps(screen: Screen, aws: LocalAws) -> None:
    """The steps of the demo, on a running local AWS."""
    demo = Demo(screen, aws)
    screen.say(f"Endpoint {aws.url}, account {demo.account.id}.\nLog: {LOG_FILE.relative_to(PROJECT)}")
    screen.step(2, "Two weeks of mail, and the deployment")
    screen.say(f"The demo sets what SES says in two Regions: a quota of {traffic.QUOTA:,} in each, of which about 81% are used, and what "
               "was sent in each quarter hour of the last two weeks. Nobody can send as much mail in minutes. What the monitor "
               "makes of it is not set.\n")
    now = time.time()
    demo.has(FILLING, traffic.filling(now))
    demo.has(PEAKING, traffic.peaking(now))
    demo.deploy(PARAMETERS)
    screen.step(3, "Two alerts: one can wait, one cannot")
    demo.two_alerts()
    screen.step(4, "The next check: no notification")
    screen.say("From here on, checks are started at once, as `make check` does.")
    demo.check_now("quota", {})
    screen.say("No alert was sent: the subscribers already know these levels.")
    screen.step(5, f"May {PLANNED:,} more be sent?")
    demo.plan()
    screen.step(6, "The quota is full, and has room again")
    demo.fill()
    screen.step(7, "AWS reviews the account, and pauses it")
    demo.review_and_pause()
    screen.step(8, "A Region cannot be read")
    demo.lose_a_region()
    screen.step(9, "Metrics, state and log")
    demo.show_records()
    screen.step(10, "Summary")
    screen.table(["check", "Region", "about", "level", "alert", "email", "SMS", "SQS"], demo.summary)


def play(screen: Screen) -> None:
    """Starts a local AWS, runs the steps on it, and stops it."""
    screen.title("ses-quota-monitor: the life of an alert", (
        "This demo starts a local AWS on this machine, deploys the monitor to it, and lets the quotas of two Regions be used: "
        "one fills, the other does not. Then AWS pauses the account, and a Region cannot be read. It takes about 2 minutes, "
        "one of which is for the schedule to run a check. Press Ctrl-C to stop it; nothing is left running."
    ))
    LOG_FILE.parent.mkdir(exist_ok=True)
    screen.step(1, "Start a local AWS")
    with LocalAws(LOG_FILE) as aws:
        try:
            run_steps(screen, aws)
        except (BotoCoreError, ClientError):
            # If the server has ended, report that, and not the call that failed because of it.
            aws.check_alive()
            raise
    screen.say("The local AWS is stopped.\n\nTo install the monitor in your account:\n"
               "  [bold]make deploy PARAMETERS='AlertEmail=you@example.com'[/]\n"
               "Then confirm the subscription with the link in the email from AWS; you get no alerts before that.")


def main() -> int:
    screen = Screen()
    see_log = f"For details, see the log of the local AWS: {LOG_FILE.relative_to(PROJECT)}\nThen try again: make demo"
    try:
        play(screen)
    except KeyboardInterrupt:
        screen.say("\nStopped. Nothing is left running.")
        return 130
    except DeployFailed as error:
        screen.failure(str(error), "If the function is not built yet: make build\n" + see_log)
        return 1
    except (Unexpected, WaitTimedOut, LocalAwsFailed, BotoCoreError, ClientError) as error:
        screen.failure(str(error), see_log)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
