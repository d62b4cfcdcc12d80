"""A company with one monitor: three accounts in two Regions, read through roles, on a local AWS that enforces IAM.

What SES says is set by the demo. Nothing else is prepared: the roles are those that CloudFormation created, the texts and
documents those that the function sent, the metrics those that CloudWatch stored, and the reports those that the function
returned. All of it is compared with what it should be before it is shown.
"""

import json
import math
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from . import traffic
from .publications import Publication
from .screen import Screen, colored
from .server import LocalAws
from .show import Show
from .stage import URGENT, Stage, Unexpected, document

REGIONS = AMERICA, EUROPE = ("us-east-1", "eu-west-1")
UNIT = "Mail"
# Payments is near its quota in one Region, Marketing may not send from the other, and Shop has no reader role at first.
ACCOUNTS = PAYMENTS, MARKETING, SHOP = ("Payments", "Marketing", "Shop")
ROLE = "ses-quota-monitor-reader"
# What the reader role allows, as the service and the operation.
READS = (("ses", "GetSendQuota"), ("ses", "GetAccount"), ("ses", "GetSendStatistics"),
         ("servicequotas", "ListRequestedServiceQuotaChangeHistoryByQuota"))
ACTIONS = [f"{service}:{operation}" for service, operation in READS]
RESUME = f"aws sesv2 put-account-sending-attributes --sending-enabled --region {EUROPE}"
UNREADABLE_MINUTES = 15
PLANNED = 10_000
LEVELS = ("OK", "WARNING", "CRITICAL", "EXHAUSTED")


class Place(NamedTuple):
    """An account in a Region, or in all of them."""

    account: str
    region: str

    def __str__(self) -> str:
        return f"{self.account}, {'all Regions' if self.is_whole else self.region}"

    @property
    def is_whole(self) -> bool:
        return self.region == "all"


NEAR, PAUSED, BLIND = Place(PAYMENTS, AMERICA), Place(MARKETING, EUROPE), Place(SHOP, "all")


@dataclass(frozen=True)
class News:
    """A subject that is not OK, or of which something is told."""

    subject: str
    level: str | None
    alert: str | None = None


@dataclass(frozen=True)
class Row:
    """What a report says of a place: what is used of the quota, in percent, and the level of that."""

    account_name: str | None
    used: float | None = None
    level: str | None = None
    news: tuple[News, ...] = ()
    error: str | None = None

    @classmethod
    def of(cls, target: dict[str, Any]) -> "Row":
        news = (News(each["subject"], each.get("level"), each["notification"]) for each in target.get("subjects", []))
        return cls(target.get("accountName"), target.get("utilizationPercent"), target.get("level"), tuple(news),
                   target.get("error", {}).get("code"))


class Fleet(Stage):
    """The acts, in this order."""

    def __init__(self, screen: Screen, aws: LocalAws) -> None:
        self.organization = aws.organization()
        super().__init__(screen, aws, self.organization.management)
        self.unit = self.organization.add_unit(UNIT)
        self.members = {name: self.organization.add(name, self.unit) for name in ACCOUNTS}
        self.names = {account.id: name for name, account in self.members.items()}
        # What was sent in the last 24 hours.
        self.sent: dict[Place, int] = {}
        # What the metrics of the fleet should be, by what a check is called here, and by its time.
        self.due: list[tuple[str, datetime, dict[str, float]]] = []

    def place(self, target: Mapping[str, Any]) -> Place:
        return Place(self.names.get(target["account"], target["account"]), target["region"])

    def install(self) -> None:
        rows = [[name, account.id, f"member, in the organizational unit {UNIT}"] for name, account in self.members.items()]
        self.screen.table(["account", "ID", ""], [["(management)", self.account.id, "the monitor is installed here"], *rows])
        self.screen.say(f"`Accounts` is the unit, {self.unit}. Its accounts are listed once an hour, so one that joins it later is "
                        "checked, too.\n")
        parameters = {"Accounts": self.unit, "Regions": ",".join(REGIONS)}
        self.deploy(parameters, "FunctionName", "AlertTopicArn", "FunctionRoleArn")

    def add_reader_role(self, name: str) -> None:
        self.members[name].install_reader_role(self.stack.outputs["FunctionRoleArn"], OrganizationId=self.organization.id)

    def let_in(self) -> None:
        """The reader role, in all accounts except one."""
        self.screen.say("Each account decides who reads it, by a role that trusts the function's. CloudFormation creates it from "
                        f"reader-role.yaml, in {PAYMENTS} and {MARKETING}:")
        for name in (PAYMENTS, MARKETING):
            self.add_reader_role(name)
        iam = {name: account.client("iam") for name, account in self.members.items()}
        roles = {name: [role["Arn"] for role in client.list_roles()["Roles"]] for name, client in iam.items()}
        due = {name: [f"arn:aws:iam::{self.members[name].id}:role/{ROLE}"] for name in (PAYMENTS, MARKETING)} | {SHOP: []}
        if roles != due:
            raise Unexpected(f"The roles in the accounts should be {due}, and are {roles}.")
        self.screen.table(["account", "role"], [[name, *(arns or ["none yet"])] for name, arns in roles.items()])
        for name in (PAYMENTS, MARKETING):
            self.compare_role(name)
        self.screen.say(f"It trusts the function's role, as long as that belongs to the organization {self.organization.id}, and allows "
                        f"{', '.join(ACTIONS)}, nothing else.")

    def compare_role(self, name: str) -> None:
        """Fails unless the reader role of an account lets in the function alone, and to read alone."""
        iam = self.members[name].client("iam")
        [trust] = iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]["Statement"]
        [policy] = iam.list_role_policies(RoleName=ROLE)["PolicyNames"]
        [allowed] = iam.get_role_policy(RoleName=ROLE, PolicyName=policy)["PolicyDocument"]["Statement"]
        conditions = {
            "ArnEquals": {"aws:PrincipalArn": self.stack.outputs["FunctionRoleArn"]},
            "StringEquals": {"aws:PrincipalOrgID": self.organization.id},
        }
        if trust["Condition"] != conditions or set(allowed["Action"]) != set(ACTIONS):
            raise Unexpected(f"The role in {name} trusts or allows something else: {json.dumps([trust, allowed])}")

    def use(self) -> None:
        """What the accounts send, as SES says it."""
        now = time.time()
        sends = {
            NEAR: traffic.filling(now), Place(PAYMENTS, EUROPE): traffic.steady(now, 12_000),
            Place(MARKETING, AMERICA): traffic.steady(now, 16_000), PAUSED: traffic.steady(now, 14_000),
            Place(SHOP, AMERICA): traffic.steady(now, 9_000), Place(SHOP, EUROPE): traffic.steady(now, 3_000),
        }
        for place, sent in sends.items():
            self.members[place.account].set_ses(place.region, **sent.numbers())
            self.sent[place] = sent.sent_last_24_hours
        self.screen.say(f"The demo sets what SES says: a quota of {traffic.QUOTA:,} in each account and Region, and two weeks of mail. "
                        f"{PAYMENTS} has used about 81% in {AMERICA}, and half of today's mailing is still to come.\n\n"
                        f"An alarm on the bounce rate has paused {MARKETING} in {EUROPE}. The demo does what it would do:")
        self.screen.command(RESUME.replace("--sending", "--no-sending"))
        self.members[MARKETING].client("sesv2", EUROPE).put_account_sending_attributes(SendingEnabled=False)

    def check(self, called: str, news: dict[Place, News], unread: str | None = None) -> list[Publication]:
        """Starts a check, and returns what it sent, if that and the report are what is expected. `unread`: the account that
        cannot be read."""
        sent = self.check_now({place: each.alert for place, each in news.items() if each.alert})
        for each in sent:
            place, told = self.place(each.attributes), News(*(each.attributes[name] for name in ("subject", "level", "kind")))
            if told != news[place]:
                raise Unexpected(f"The alert about {place} should be {news[place]}, and is {told}.")
            self.compare_texts(each)
        self.compare_report(news, unread)
        self.due.append((called, datetime.fromisoformat(self.report["checkedAt"]), self.fleet_metrics(news, unread)))
        return sent

    def compare_texts(self, sent: Publication) -> None:
        """Fails unless people and machines are told the name of the account."""
        account, place = sent.attributes["account"], self.place(sent.attributes)
        region = "all Regions" if place.is_whole else place.region
        due = {
            "email": f"Amazon SES in {region}, account {account} ({place.account}): ",
            "https": f"Account: {account} ({place.account})",
            "sqs": f'"accountName":"{place.account}"',
        }
        # An SMS leaves the name out where there is no room for it. Those that are delivered here have room.
        if sent.attributes["level"] in URGENT:
            due["sms"] = f"SES {region} ({place.account}, {account}) "
        for protocol, words in due.items():
            if words not in sent.text(protocol):
                raise Unexpected(f"The alert about {place} should say {words!r} by {protocol}, and says:\n{sent.text(protocol)}")

    def compare_report(self, news: dict[Place, News], unread: str | None) -> None:
        """Fails unless the report says what is expected of every place, and of no other."""
        # An account as a whole is there if it cannot be read, or something is told of it.
        places = self.sent.keys() | news.keys() | ({Place(unread, "all")} if unread else set())
        due = {place: self.row(place, news.get(place), unread) for place in places}
        found = {self.place(target): Row.of(target) for target in self.report["targets"]}
        if differing := sorted(place for place in due.keys() | found.keys() if due.get(place) != found.get(place)):
            raise Unexpected("The report differs from what is expected.\n" + "\n".join(
                f"{place}:\n  expected {due.get(place)}\n  reported {found.get(place)}" for place in differing))

    def row(self, place: Place, news: News | None, unread: str | None) -> Row:
        """What the report should say of a place."""
        said = (news,) if news else ()
        if place.account == unread:
            return Row(place.account, news=said, error="AccessDenied")
        if place.is_whole:
            return Row(place.account, news=said)
        # Rounded down to a tenth, as the function does.
        used = self.sent[place] * 1_000 // traffic.QUOTA / 10
        return Row(place.account, used, news.level if news and news.subject == "QUOTA" else "OK", said)

    def fleet_metrics(self, news: dict[Place, News], unread: str | None) -> dict[str, float]:
        """What CloudWatch should have of all targets together."""
        levels = Counter(each.level for place, each in news.items() if not place.is_whole)
        read = [sent for place, sent in self.sent.items() if place.account != unread]
        return {
            "TargetsChecked": len(self.sent), "TargetsUnread": len(self.sent) - len(read),
            "TargetsWarning": levels["WARNING"], "TargetsCritical": levels["CRITICAL"], "TargetsExhausted": levels["EXHAUSTED"],
            "HighestUtilization": max(100 * sent / traffic.QUOTA for sent in read),
            "HighestAlertLevel": max(LEVELS.index(each.level) for each in news.values()),
        }

    def show_report(self) -> None:
        rows = []
        for target in sorted(self.report["targets"], key=self.place):
            place, row = self.place(target), Row.of(target)
            used = f"{row.used:.1f}%" if row.used is not None else "" if place.is_whole else "unknown"
            [news] = row.news or [News("", row.level or "unknown")]
            level = f"{news.subject} {colored(news.level or 'unknown')}".strip()
            rows.append([place.account, place.region, used, level, news.alert or "none", row.error or ""])
        self.screen.table(["account", "Region", "used", "level", "alert", "error"], rows)

    def first_check(self) -> None:
        self.screen.say("From here on, checks are started at once, as `make check` does.")
        paused, near = self.check("first", {
            NEAR: News("QUOTA", "WARNING", "RAISED"), PAUSED: News("ACCOUNT", "EXHAUSTED", "RAISED"),
        }, unread=SHOP)
        if (forecast := document(near).get("forecast", {})).get("verdict") != "breach":
            raise Unexpected(f"The forecast for {NEAR} should be breach: {json.dumps(forecast)}")
        if RESUME not in paused.text("email"):
            raise Unexpected(f"The email should say how to resume sending, and says:\n{paused.text('email')}")
        self.screen.say("\nThe report of this check, in short:")
        self.show_report()
        self.screen.say(f"{PAYMENTS} is near its quota in {AMERICA}. WARNING goes to the email address:")
        self.show_message(near)
        self.screen.say(f"{MARKETING} cannot send from {EUROPE}. EXHAUSTED goes to the phone, too:")
        self.show_beginning(paused)
        self.show_sms(paused)
        self.screen.say(f"{SHOP} is unknown, which is not the same as OK. Nobody is told yet, since most such failures pass.")

    def ask(self) -> None:
        request = {"recipients": PLANNED, "account": self.members[PAYMENTS].id, "region": EUROPE}
        plan = self.plan(request)
        if not plan["fits"] or plan["room"] < PLANNED or plan | request != plan:
            raise Unexpected(f"{PLANNED:,} recipients should fit in {PAYMENTS}, {EUROPE}: {json.dumps(plan)}")
        self.screen.say(f"{PAYMENTS} could send {PLANNED:,} recipients of its mailing from {EUROPE}. The function is asked first.")
        self.screen.text("Asked", json.dumps({"plan": request}))
        self.screen.text("Answered", json.dumps({"plan": plan}))
        self.screen.say(f"They fit: there is room for {plan['room']:,}. Sending them takes about {plan['takesSeconds'] / 60:.0f} minutes "
                        f"at {plan['perSecond']} a second. A plan changes nothing.")

    def stay_blind(self) -> None:
        key = f"{self.members[SHOP].id}#all#READING"
        self.stack.move_back(key, "unreadSince", timedelta(minutes=UNREADABLE_MINUTES))
        self.screen.say(f"{UNREADABLE_MINUTES} minutes later. (The demo does not wait: it moves the time of the first failed check, "
                        f"`unreadSince` of the item {key} in the state table, {UNREADABLE_MINUTES} minutes back.)")
        [blind] = self.check("15 min later", {
            NEAR: News("QUOTA", "WARNING"), PAUSED: News("ACCOUNT", "EXHAUSTED"), BLIND: News("READING", "WARNING", "RAISED"),
        }, unread=SHOP)
        if "reader-role.yaml" not in blind.text("email"):
            raise Unexpected(f"The email should say that reader-role.yaml is to be deployed, and says:\n{blind.text('email')}")
        self.screen.say(f"One alert about the account, not one for each Region. Nothing new about {PAYMENTS} and {MARKETING}, whose "
                        "levels are as before.")
        self.show_message(blind)
        self.screen.document("JSON in the queue: for an account in all its Regions, `region` is `all`", document(blind))

    def let_shop_in(self) -> None:
        self.screen.say(f"As the email says, reader-role.yaml is deployed in {SHOP}.")
        self.add_reader_role(SHOP)
        [readable] = self.check("role created", {
            NEAR: News("QUOTA", "WARNING"), PAUSED: News("ACCOUNT", "EXHAUSTED"), BLIND: News("READING", "OK", "RECOVERED"),
        })
        self.show_beginning(readable)
        self.screen.say(f"The report: all {len(self.sent)} targets can be read.")
        self.show_report()

    def resume(self) -> None:
        self.screen.say(f"The cause of the bounces is gone, and somebody in {MARKETING} runs the command that the email has:")
        self.screen.command(RESUME)
        self.members[MARKETING].client("sesv2", EUROPE).put_account_sending_attributes(SendingEnabled=True)
        [resumed] = self.check("resumed", {
            NEAR: News("QUOTA", "WARNING"), PAUSED: News("ACCOUNT", "OK", "RECOVERED"),
        })
        self.show_beginning(resumed)

    def show_metrics(self) -> None:
        points = self.metrics()
        columns: list[dict[str, float]] = []
        for called, at, due in self.due:
            # The number of subscribers is published once an hour.
            found = {point.metric: point.value for point in points
                     if point.at == at and not point.dimensions and point.metric != "Subscribers"}
            if found.keys() != due.keys() or not all(math.isclose(found[metric], due[metric]) for metric in due):
                raise Unexpected(f"CloudWatch should have {due} of the check {called!r}, and has {found}.")
            columns.append(found)
        self.screen.say("A target is an account in a Region. HighestAlertLevel is 0 (OK) to 3 (EXHAUSTED).")
        self.screen.table(["metric, by check", *(called for called, _, _ in self.due)],
                          [[metric, *(f"{found[metric]:g}" for found in columns)] for metric in columns[0]],
                          "CloudWatch, namespace SESQuotaMonitor, without dimensions")
        own = {(point.metric, self.place({key.lower(): value for key, value in point.dimensions.items()}))
               for point in points if point.dimensions}
        if (measured := {place for _, place in own}) != self.sent.keys():
            raise Unexpected(f"Each target should have metrics of its own, and these have: {', '.join(map(str, measured))}")
        self.screen.say(f"Each target has metrics of its own, too: {len(own)} in all. With MetricDetail=fleet, there are only those above.")

    def show_calls(self) -> None:
        """What the function did in the accounts."""
        assumed = Counter(call.assumed_account for call in self.aws.proxy.calls("sts", "AssumeRole", self.account.id))
        made = {name: Counter((call.service, call.operation) for call in self.aws.proxy.calls_in(account.id))
                for name, account in self.members.items()}
        # One session for all checks. In Shop, it was refused in two checks before.
        if {name: assumed[account.id] for name, account in self.members.items()} != {PAYMENTS: 1, MARKETING: 1, SHOP: 3}:
            raise Unexpected(f"A session should be opened once, and in {SHOP} three times: {dict(assumed)}")
        if other := {call for calls in made.values() for call in calls} - set(READS):
            raise Unexpected(f"Nothing but {', '.join(ACTIONS)} should be called in the accounts: {other}")
        if self.aws.proxy.calls("ses", ".*", self.account.id):
            raise Unexpected("The management account is not in the unit, and should not be read.")
        self.screen.say("Calls of the function for each account, as the local AWS received them:")
        self.screen.table(["call", *ACCOUNTS], [
            ["AssumeRole", *(str(assumed[self.members[name].id]) for name in ACCOUNTS)],
            *([read[1], *(str(made[name][read]) for name in ACCOUNTS)] for read in READS),
        ])
        self.screen.say("It called nothing else in these accounts. The management account is not in the unit, and was not read. A session "
                        f"lasts an hour, so each role was assumed once; that of {SHOP} was refused twice before.")


def steps(screen: Screen, aws: LocalAws) -> None:
    """The steps of the demo, on a running local AWS."""
    screen.say("IAM is enforced: a call is refused unless a policy allows it.")
    fleet = Fleet(screen, aws)
    screen.step(2, "An organization, and one monitor for it")
    fleet.install()
    screen.step(3, "The reader role, in two of three accounts")
    fleet.let_in()
    screen.step(4, "The first check: an email, an SMS, and one account unknown")
    fleet.use()
    fleet.first_check()
    screen.step(5, f"May {PAYMENTS} send {PLANNED:,} more from {EUROPE}?")
    fleet.ask()
    screen.step(6, f"{SHOP} still cannot be read")
    fleet.stay_blind()
    screen.step(7, f"{SHOP} gets the role")
    fleet.let_shop_in()
    screen.step(8, f"{MARKETING} may send again")
    fleet.resume()
    screen.step(9, "The metrics of the fleet")
    fleet.show_metrics()
    screen.step(10, "What the monitor did in the accounts")
    fleet.show_calls()
    screen.step(11, "Summary")
    screen.say("Each alert went to the email address and the queue, and those with an SMS to the phone, too.")
    fleet.show_summary("check", "account", "Region", "about", "level", "alert", "SMS")


SHOW = Show(
    target="demo-fleet",
    title="ses-quota-monitor: one monitor for a company",
    introduction=(
        "This demo starts a local AWS on this machine, with an organization of three accounts that send mail from two Regions, and "
        "installs one monitor for all of them. One account is near its quota, one is paused, and one cannot be read. It takes about "
        "a minute. Press Ctrl-C to stop it; nothing is left running."
    ),
    steps=steps,
    what_next=(
        "To watch the accounts of your organization, with the credentials of its management account:\n"
        "  [bold]make deploy PARAMETERS='AlertEmail=you@example.com'[/]\n"
        "  [bold]make deploy-readers[/]\n"
        "  [bold]make deploy PARAMETERS='Accounts=organization Regions=us-east-1,eu-west-1'[/]\n"
        "Then confirm the subscription with the link in the email from AWS; you get no alerts before that. docs/fleet.md has all "
        "of it: other places for the monitor, accounts outside of an organization, and what it costs."
    ),
    enforce_iam=True,
)

if __name__ == "__main__":
    sys.exit(SHOW.run())
