"""The life of an alert: the real schedule, the real function and its real messages, on a local AWS.

What SES says is set by the demo. Nothing else is prepared: the texts and documents are those that the function sent, the
metrics those that CloudWatch stored, and the report the one that the function logged.
"""

import json
import sys
import time
from contextlib import AbstractContextManager
from datetime import timedelta

from . import traffic
from .faults import Refusal
from .publications import Publication
from .screen import Screen, colored
from .server import LocalAws
from .show import Show
from .stack import Run
from .stage import Stage, Unexpected, clock, document
from .traffic import Traffic

# Where the quota fills, and where it does not.
FILLING, PEAKING = "us-east-1", "eu-west-1"
# A minute for the schedule, up to 10 seconds for the local scheduler to notice, and a margin.
CHECK_SECONDS = 90
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

    def __init__(self, screen: Screen, aws: LocalAws) -> None:
        super().__init__(screen, aws, aws.account())
        # The checks of the schedule that have been shown.
        self.seen: set[str] = set()

    def next_check(self, expected: dict[str, str]) -> list[Publication]:
        """Waits for the schedule to run a check, and returns what it sent. `expected`: the kind of each Region's alert."""
        asked_at = time.time()

        def unseen() -> Run | None:
            return next((run for run in self.stack.runs() if run.request_id not in self.seen), None)

        while True:
            run = self.screen.waiting("the schedule to run the next check", unseen, CHECK_SECONDS, self.aws.check_alive)
            self.seen.add(run.request_id)
            if run.report is None or any("error" in target for target in run.report["targets"]):
                raise Unexpected("The check failed. The log of the function:\n" + "\n".join(run.lines))
            self.screen.say(f"The function ran at {clock(run.at)}:")
            for target in run.report["targets"]:
                self.screen.say(f"  {target['region']}: {target['utilizationPercent']}% used, level {colored(target['level'])}, "
                                f"notification [bold]{target['notification'] or 'none'}[/]")
            sent = {target["region"]: target["notification"] for target in run.report["targets"] if target["notification"]}
            if not sent and expected and run.at < asked_at + 1:
                self.screen.say("It started before the previous step was complete, so the next check counts.")
                continue
            return self.delivered_since(run.at, expected)

    def has(self, region: str, sent: Traffic) -> None:
        self.account.set_ses(region, **sent.numbers())

    def two_alerts(self) -> None:
        waits, fills = self.next_check({PEAKING: "RAISED", FILLING: "RAISED"})
        self.screen.say(f"\nTwo alerts, both at about 81%. That of {PEAKING} can wait:")
        self.show_beginning(waits)
        self.screen.say(f"\nThat of {FILLING} cannot:")
        self.show_message(fills)
        for sent, verdict in ((waits, "noBreach"), (fills, "breach")):
            forecast = document(sent)["forecast"]
            if forecast["verdict"] != verdict:
                raise Unexpected(f"The forecast for {sent.attributes['region']} should be {verdict}: {json.dumps(forecast)}")
        self.screen.document("JSON in the queue", document(fills))

    def ask(self) -> None:
        request = {"recipients": PLANNED, "region": PEAKING}
        self.screen.say(f"{PEAKING} has room, and somebody wants to send {PLANNED:,} more from there. The function is asked first.")
        self.screen.document("Asked", {"plan": request})
        plan = self.plan(request)
        self.screen.document("Answered", {"plan": plan})
        if plan["fits"] or not plan["fitsFrom"]:
            raise Unexpected(f"{PLANNED:,} recipients should not fit now, and fit later.")
        self.screen.say(f"{PLANNED:,} recipients more do not fit now: there is room for {plan['room']:,}. They fit from "
                        f"{plan['fitsFrom']} on, when enough of today's mailing has left the 24 hours, and take about "
                        f"{plan['takesSeconds'] / 60:.0f} minutes at {plan['perSecond']} a second. A plan changes nothing.")

    def fill(self) -> None:
        """The quota that fills, until it is full, and on the next day."""
        self.screen.say("The demo does not wait for the use to rise: it sets what SES would say later on this day as what it says "
                        "now, and starts the function anew, which otherwise keeps a history for a quarter of an hour.\n")
        for when, hour in (("An hour and a half later", 13.6), ("Half an hour later", 14.1)):
            self.later(when, {FILLING: traffic.filling(time.time(), hour)})
            self.show_message(*self.check_now({FILLING: "ESCALATED"}))
        self.later("The next day", {
            FILLING: traffic.filling(time.time(), 36), PEAKING: traffic.peaking(time.time(), 39),
        })
        for sent in self.check_now({FILLING: "RECOVERED", PEAKING: "RECOVERED"}):
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
        [sent] = self.check_now({FILLING: "RAISED"})
        self.show_message(sent)
        self.screen.document("To Slack, over https: the format of Amazon Q Developer", json.loads(sent.text("https")))
        self.screen.say("\nAWS pauses the account (SHUTDOWN, sending not enabled): SES rejects all mail.")
        self.account.set_ses(FILLING, enforcement_status="SHUTDOWN", sending_enabled=False)
        self.show_message(*self.check_now({FILLING: "ESCALATED"}))
        self.screen.say("The cause is corrected, and AWS resumes sending (HEALTHY).")
        self.account.set_ses(FILLING, enforcement_status="HEALTHY", sending_enabled=True)
        self.show_beginning(*self.check_now({FILLING: "RECOVERED"}))

    def denying(self, operation: str) -> AbstractContextManager[Refusal]:
        return self.aws.proxy.refusing("ses", operation, account=self.account.id, region=PEAKING, code="AccessDenied",
                                       message=DENIED.format(self.account.id, operation), status=403)

    def lose_a_region(self) -> None:
        self.screen.say(f"A policy of the organization closes {PEAKING}: the demo refuses the calls to SES there, with the error "
                        f"that AWS gives. {FILLING} is read as before.")
        with self.denying("GetSendQuota"), self.denying("GetAccount"):
            self.check_now({})
            self.screen.say("The first check that fails is remembered, and nobody is told yet: most such failures pass.\n\n"
                            f"{UNREADABLE_MINUTES} minutes later. (The demo does not wait: it moves the time of the first "
                            f"failed check, `unreadSince` in the state table, {UNREADABLE_MINUTES} minutes back.)")
            key = f"{self.account.id}#{PEAKING}#READING"
            self.stack.move_back(key, "unreadSince", timedelta(minutes=UNREADABLE_MINUTES))
            self.show_message(*self.check_now({PEAKING: "RAISED"}))
        self.screen.say("The policy is corrected, and the Region can be read again.")
        self.show_beginning(*self.check_now({PEAKING: "RECOVERED"}))

    def show_records(self) -> None:
        """What CloudWatch, DynamoDB and the log have recorded."""
        latest = {(point.dimensions.get("Region", "(all)"), point.metric): point for point in self.metrics()}
        rows = [[metric, region, f"{point.value:g}", point.unit, f"{point.at:%H:%M:%S}"]
                for (region, metric), point in sorted(latest.items(), reverse=True)]
        self.screen.table(["metric", "Region", "latest value", "unit", "time"], rows, "CloudWatch, namespace SESQuotaMonitor")
        for item in self.stack.state_items():
            plain = {key: next(iter(value.values())) for key, value in item.items()}
            self.screen.document(f"DynamoDB: the item {plain['target']}", plain)
        self.screen.text("The log of the last check", "\n".join(self.stack.runs()[-1].lines))


def steps(screen: Screen, aws: LocalAws) -> None:
    """The steps of the demo, on a running local AWS."""
    demo = Demo(screen, aws)
    screen.step(2, "Two weeks of mail, and the deployment")
    screen.say(f"The demo sets what SES says in two Regions: a quota of {traffic.QUOTA:,} in each, of which about 81% are used, and what "
               "was sent in each quarter hour of the last two weeks. Nobody can send as much mail in minutes. What the monitor "
               "makes of it is not set.\n")
    now = time.time()
    demo.has(FILLING, traffic.filling(now))
    demo.has(PEAKING, traffic.peaking(now))
    demo.deploy(PARAMETERS, "FunctionName", "AlertTopicArn", "StateTableName", "LogGroupName")
    screen.step(3, "Two alerts: one can wait, one cannot")
    demo.two_alerts()
    screen.step(4, "The next check: no notification")
    screen.say("From here on, checks are started at once, as `make check` does.")
    demo.check_now({})
    screen.say("No alert was sent: the subscribers already know these levels.")
    screen.step(5, f"May {PLANNED:,} more be sent?")
    demo.ask()
    screen.step(6, "The quota is full, and has room again")
    demo.fill()
    screen.step(7, "AWS reviews the account, and pauses it")
    demo.review_and_pause()
    screen.step(8, "A Region cannot be read")
    demo.lose_a_region()
    screen.step(9, "Metrics, state and log")
    demo.show_records()
    screen.step(10, "Summary")
    demo.show_summary("check", "Region", "about", "level", "alert", "email", "SMS", "SQS")


SHOW = Show(
    target="demo",
    title="ses-quota-monitor: the life of an alert",
    introduction=(
        "This demo starts a local AWS on this machine, deploys the monitor to it, and lets the quotas of two Regions be used: "
        "one fills, the other does not. Then AWS pauses the account, and a Region cannot be read. It takes about 2 minutes, "
        "one of which is for the schedule to run a check. Press Ctrl-C to stop it; nothing is left running."
    ),
    steps=steps,
    what_next=(
        "To install the monitor in your account:\n"
        "  [bold]make deploy PARAMETERS='AlertEmail=you@example.com'[/]\n"
        "Then confirm the subscription with the link in the email from AWS; you get no alerts before that."
    ),
)

if __name__ == "__main__":
    sys.exit(SHOW.run())
