"""The company behind the sample tenant: its teams, projects and storage. All of it is invented."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeVar

TENANT = "truefoundry"
"""The name of the sample tenant, as in the documented example."""

ACCOUNT_ID = "cm2q7sample0tenant0account"
"""The account that every repo of the sample tenant belongs to."""

ENVIRONMENTS = ("prod", "staging", "dev")
"""What a repo is for; the last part of its name."""

MARKETS = ("de", "fr", "uk", "us", "in", "br", "jp", "pl", "es", "it", "nl", "se", "mx", "ca", "au", "sg")
"""Where the company does business; part of a repo's name once a tenant has a repo for every project."""


@dataclass(frozen=True, slots=True)
class Team:
    """A team, what it pays from, where it keeps artifacts, and its projects with what each is about."""

    name: str
    account: str
    provider: str
    region: str
    projects: dict[str, str]


TEAMS = (
    Team(
        "fraud-ml",
        "risk",
        "aws",
        "eu-west-1",
        {
            "fraud-scoring": "card fraud scoring at authorisation time",
            "chargeback": "chargeback prediction for merchants",
            "account-takeover": "detection of taken-over customer accounts",
            "device-trust": "trust scores for phones and browsers",
            "mule-accounts": "finding accounts that launder money for others",
            "velocity-limits": "limits on how fast a card may be used",
            "merchant-risk": "risk grades of newly signed merchants",
        },
    ),
    Team(
        "credit-risk",
        "risk",
        "azure",
        "westeurope",
        {
            "credit-limit": "credit limits of instalment customers",
            "default-risk": "probability of default within twelve months",
            "loss-forecast": "quarterly loss forecasts for the finance team",
            "income-estimates": "income estimation from bank statements",
            "collections": "the order in which overdue customers are called",
            "stress-scenarios": "portfolio losses in the regulator's stress scenarios",
            "affordability": "affordability of a loan for a household",
        },
    ),
    Team(
        "growth-analytics",
        "marketing",
        "gcp",
        "europe-west4",
        {
            "churn": "churn prediction for subscribers",
            "lifetime-value": "customer lifetime value over three years",
            "attribution": "attribution of orders to marketing channels",
            "send-time": "the best hour to send a newsletter",
            "uplift": "uplift of vouchers on dormant customers",
            "segments": "customer segments used by the campaign tools",
            "ad-bidding": "bids for search advertisements",
        },
    ),
    Team(
        "search-platform",
        "discovery",
        "aws",
        "us-east-1",
        {
            "doc-search": "embeddings for document search",
            "query-intent": "classification of what a search query wants",
            "search-ranking": "learning to rank product search results",
            "spelling": "spelling correction of search queries",
            "autocomplete": "suggestions while a customer types",
            "zero-results": "rewriting of queries that find nothing",
            "synonyms": "mining of synonyms from search sessions",
        },
    ),
    Team(
        "recommendations",
        "discovery",
        "gcp",
        "us-central1",
        {
            "home-feed": "ranking of the home page feed",
            "similar-items": "similar items on the product page",
            "basket-addons": "suggestions beside the shopping basket",
            "cold-start": "recommendations for first-time visitors",
            "session-intent": "intent of a visit from its first clicks",
            "outfit-matching": "outfits that go well together",
            "email-picks": "product picks in the weekly e-mail",
        },
    ),
    Team(
        "pricing-science",
        "commerce",
        "azure",
        "westeurope",
        {
            "price-elasticity": "price elasticity by category and market",
            "markdown": "markdown schedules at the end of a season",
            "competitor-match": "matching of our catalogue to competitors' offers",
            "shipping-fees": "shipping fees and free-delivery thresholds",
            "promo-planner": "planning of promotions across categories",
            "returns-cost": "expected cost of returns per order",
            "fx-hedging": "currency exposure of open purchase orders",
        },
    ),
    Team(
        "logistics-ml",
        "operations",
        "aws",
        "eu-west-1",
        {
            "demand-forecast": "daily demand per warehouse and article",
            "delivery-eta": "delivery time promises shown at checkout",
            "route-planning": "routes of the evening delivery vans",
            "stock-allocation": "allocation of stock to warehouses",
            "pick-paths": "walking paths of warehouse pickers",
            "parcel-damage": "prediction of damaged parcels",
            "returns-routing": "routing of returned parcels to warehouses",
        },
    ),
    Team(
        "customer-care",
        "operations",
        "azure",
        "northeurope",
        {
            "ticket-routing": "routing of support tickets to the right queue",
            "reply-drafts": "drafted replies for support agents",
            "call-summaries": "summaries of support calls",
            "sentiment": "sentiment of reviews and support messages",
            "refund-decisions": "refund decisions for small claims",
            "help-assistant": "the assistant in the help centre",
            "staffing": "staffing of the support centre by hour",
        },
    ),
    Team(
        "document-ai",
        "finance",
        "gcp",
        "europe-west4",
        {
            "invoice-fields": "extraction of fields from supplier invoices",
            "contract-clauses": "detection of unusual contract clauses",
            "receipt-ocr": "text recognition on receipts",
            "identity-documents": "reading of identity documents at onboarding",
            "ledger-matching": "matching of payments to open invoices",
            "expense-audit": "anomalies in travel expenses",
            "tax-codes": "tax codes of products by country",
        },
    ),
    Team(
        "computer-vision",
        "catalogue",
        "gcp",
        "us-central1",
        {
            "image-quality": "quality grades of product photos",
            "visual-search": "search by photo in the mobile app",
            "background-removal": "removal of photo backgrounds",
            "size-advice": "size advice from customer measurements",
            "shelf-scan": "stock counts from shelf photos",
            "logo-detection": "detection of counterfeit logos",
            "attribute-tags": "colour and material tags from product photos",
        },
    ),
    Team(
        "trust-safety",
        "risk",
        "aws",
        "us-east-1",
        {
            "review-spam": "detection of paid and copied reviews",
            "seller-abuse": "detection of sellers that evade a ban",
            "listing-moderation": "moderation of marketplace listings",
            "toxic-messages": "toxic messages between buyers and sellers",
            "prohibited-goods": "detection of goods that may not be sold",
            "voucher-abuse": "abuse of vouchers with throwaway accounts",
            "image-moderation": "moderation of pictures that customers upload",
        },
    ),
    Team(
        "ml-platform",
        "engineering",
        "aws",
        "eu-west-1",
        {
            "feature-freshness": "freshness forecasts of the feature store",
            "gpu-scheduler": "placement of training jobs on GPUs",
            "model-monitoring": "drift detectors shared by all teams",
            "llm-evals": "evaluations of hosted language models",
            "embedding-hub": "shared embeddings for text and images",
            "cost-forecast": "cloud cost forecasts by team",
            "log-anomalies": "anomalies in application logs",
        },
    ),
)
"""Every team of the company; all have equally many projects."""


def storage(team: Team, environment: str) -> str:
    """Return the FQN of the storage integration where a team keeps the artifacts of an environment."""
    level = "prod" if environment == "prod" else "nonprod"
    account = f"{team.provider}-{level}"
    return f"{TENANT}:{team.provider}:{account}:blob-storage:ml-{environment}-{team.region}"


DOMAIN = "example.com"
"""The e-mail domain of the company's own people."""

PARTNER_DOMAIN = "contractor.example.org"
"""The e-mail domain of people from outside."""

_FIRST_NAMES = """
    Amara Anders Aiko Beatriz Bilal Chiara Daniel Divya Elif Emeka Farah Felix Grace Hana Ines Ivan Jonas
    Kavya Leila Lukas Maya Mei Nadia Noah Olga Omar Priya Rafael Rosa Sam Sofia Tariq Tomas Uma Viktor Yara
"""

_LAST_NAMES = """
    Abebe Almeida Bauer Bianchi Chen Costa Das Dubois Eriksen Farouk Garcia Haddad Ito Jansen Kaya Kowalski
    Larsen Lindqvist Mensah Moreau Nakamura Novak Okafor Patel Quinn Rao Rossi Santos Schmidt Tanaka Usman
"""

_FIRST, _LAST = tuple(_FIRST_NAMES.split()), tuple(_LAST_NAMES.split())


def person(*key: object) -> tuple[str, str]:
    """Return the first and last name of one of the people; who it is depends on the key only."""
    return pick(_FIRST, "first", *key), pick(_LAST, "last", *key)


def email(name: tuple[str, str], domain: str = DOMAIN) -> str:
    """Return the e-mail address of a person, in lower case."""
    first, last = name
    return f"{first}.{last}@{domain}".lower()


T = TypeVar("T")


def number(below: int, *key: object) -> int:
    """Return a number from 0 to `below` - 1 that depends on the key only."""
    digest = blake2b("/".join(map(str, key)).encode(), digest_size=8).digest()
    return int.from_bytes(digest) % below


def pick(options: Sequence[T], *key: object) -> T:
    """Return one of the options; which one depends on the key only."""
    return options[number(len(options), *key)]
