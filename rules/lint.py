"""What is wrong with one expression on its own, judged by the metric contract: sentences, without a place.

Whoever has a query that is no rule, such as a dashboard's panel, calls ``sentences``. ``check.py`` judges whole rules.
"""

from firebrigade.rules import checks
from firebrigade.rules.checks.kinds import QueryCheck
from firebrigade.rules.checks.subjects import Query
from firebrigade.rules.contract import Contract
from firebrigade.rules.promql.expressions import Expression, Node


def sentences(expr: Node, contract: Contract) -> tuple[str, ...]:
    """Return what is wrong with an expression for certain, each once; warnings are about rules and left out."""
    query = Query(expr=Expression.of(expr), contract=contract)
    judges = [one.judge for one in checks.every().values() if isinstance(one, QueryCheck) and one.severity == "error"]
    return tuple(dict.fromkeys(sentence for judge in judges for sentence in judge(query)))
