"""What differs from what was recorded and is meant to, each with its reason; the CHANGELOG says it to users.

An entry that nothing differs by fails the test. What is new (a route, a type, an indicator, a code) is not listed, but
where an answer of before names it.
"""

from __future__ import annotations

from tests.surface.comparing import Changed

CHANGED: list[Changed] = [
    Changed("reads", "* GET /v1/*format=xlsx*", "tables come as spreadsheets"),
    *(
        Changed("reads", question, reason, f"$.body.{member}")
        for question, reason in (
            ("* GET /v1/*format=*", "tables come as spreadsheets, entries as CloudEvents"),
            ("*unheard_of=1", "rows are asked for in one grammar"),
        )
        for member in ("detail", "facts.*")
    ),
    *(
        Changed(
            "reads", "* GET /v1/editions/*", "editions have a form more, the first page as HWPX", f"$.body.{member}"
        )
        for member in ("detail", "facts.formats*")
    ),
    Changed("help", "sagwan edition show --help", "its first page is written as HWPX", "$.*"),
    Changed("reads", "auditor GET /v1/views/cases[?]limit=3", "views have pages"),
    Changed(
        "reads",
        "* GET /v1/views/cases[?]where=hub=EU-BRU&where=hub=AS-SIN",
        "it says how several are named",
        "$.body.detail",
    ),
    Changed("reads", "* GET /v1/*where=*", "there are more ways to compare", "$.body.detail"),
    Changed("reads", "* GET /v1/*raw=true*", "raw is refused where it changes nothing"),
    *(
        Changed(
            "reads",
            f"* GET /v1/*{said}*",
            "a tree is chosen by one of position, size and witnessed; none has no entries",
        )
        for said in ("size=0", "checkpoint[?]position=0")
    ),
    Changed("acts", "*", "every path takes OPTIONS", "$.headers.Allow"),
    Changed("acts", "*", "every path takes OPTIONS", "$.body.facts.allow*"),
    *(
        Changed(section, "*", "answers as of a position are conditional, docs/decisions/0190", f"$.headers.{name}")
        for section in ("reads", "acts", "afterwards")
        for name in ("ETag", "Cache-Control")
    ),
    *(
        Changed("help", f"sagwan {name} --help", "groups of options stand together, in the same order everywhere")
        for name in ("query", "replay", "indicator")
    ),
    *(
        Changed(section, question, "the README names the verifier's new place", "$.out.0")
        for section in ("without a server", "with a server")
        for question in ("sagwan export evidence --known 20 --indicator EX-03 -o FOLDER/pack.zip",)
    ),
    *(
        Changed(section, "sagwan proof 60 -o FOLDER/60.tlog-proof", "counted characters and said bytes", "$.out.0")
        for section in ("without a server", "with a server")
    ),
    Changed(
        "without a server",
        "sagwan proof 9999 -o FOLDER/none.tlog-proof",
        "the same answer with a server and without one",
        "$.err.0",
    ),
    Changed("help", "sagwan --help", "`sagwan --version`"),
    Changed("help", "sagwan diff --help", "a point is also named by an edition, or `now`"),
    *(
        Changed(section, "sagwan diff 2025S2/1 now", "it was no point for `diff`, with or without a server")
        for section in ("without a server", "with a server")
    ),
    *(
        Changed(section, "*", "titles of problems are those of HTTP; the code says which it is", "$.body.*title")
        for section in ("reads", "acts")
    ),
    Changed(
        "reads", "* GET /v1/indicators*", "`formula` is of both files of a definition; `formerly` are earlier ones"
    ),
    *(
        Changed("reads", f"* GET /v1/editions/2025S{name}", "the workbook has the digest of both files of a definition")
        for name in ("1/1?format=xlsx", "2/1.xlsx")
    ),
    *(
        Changed("reads", f"* GET /v1/{path}", "a pack has the TOML of each definition, and texts of before")
        for path in ("editions/2025S1/1?format=zip", "editions/2025S2/1.zip", "export/evidence*")
    ),
    *(
        Changed(
            "reads",
            f"* GET /v1/editions/2025S1/{name}",
            "made by a template: the same elements and words",
            "$.body.sha256",
        )
        for name in ("1?format=html", "2.html")
    ),
    Changed(
        "reads", "* GET /v1/types/check.edition_*", "what `sql` of a key names", "$.body.$defs.EditionKey.description"
    ),
    Changed("reads", "* GET /v1/types", "an act is called an act"),
    Changed("codes", "http.404", "nothing raises it by name any more; a path that is not there still answers with it"),
    Changed("reads", "* GET /v1/indicators/*/evidence*", "rows name their stream"),
    *(
        Changed(section, "sagwan indicator HD-01 --evidence --format csv", "rows name their stream")
        for section in ("without a server", "with a server")
    ),
    Changed("reads", "* GET /v1/views", "there is `case_deadlines`", "$.body.views*"),
    Changed("reads", "* GET /v1/views/caes", "there is `case_deadlines`", "$.body.facts.views*"),
    *(
        Changed(section, f"* GET /v1/views/{view}", "open cases show their clocks", f"$.body.{member}")
        for section, view, member in (
            ("reads", "cases", "rows*"),
            ("reads", "cases[?]format=arrow", "*"),
            ("afterwards", "cases", "rows*"),
        )
    ),
    *(
        Changed(section, question, "open cases show their clocks")
        for section in ("without a server", "with a server")
        for question in ("sagwan query cases*", "sagwan replay cases --valid 2025-03-31 *")
    ),
    Changed("tables", "main.cases", "open cases show their clocks", "$.clocks"),
    Changed(
        "afterwards",
        "* GET /v1/views/exchanges",
        "what is of an earlier stage and happened later takes nothing back",
        "$.body.rows*",
    ),
    Changed(
        "reads",
        "* GET /v1/views/hub_performance[?]format=arrow",
        "figures say what is missing of them, and by which rates money went",
        "$.body.*",
    ),
    Changed("tables", "main.hub_performance", "figures say what is missing of them, and by which rates money went"),
    *(
        Changed("tables", f"indicator.{it}", "money says by which rate it went", "$.rate_*")
        for it in ("dx_02", "jr_04", "jr_05")
    ),
    Changed("tables", "main.krw_rate", "a rate names its set and version", "$.rate_set"),
    *(
        Changed(section, "sagwan indicator", "new versions of four indicators say more", "$.out*")
        for section in ("without a server", "with a server")
    ),
    Changed(
        "without a server", "sagwan edition reproduce 2025S2/1", "it names the SQL that was mended since", "$.out.4"
    ),
    *(
        Changed(section, command, "no empty line where no bar of progress is shown")
        for section, command in (
            ("without a server", "sagwan edition reproduce 2025S1/9"),
            ("without a server", "sagwan export evidence --edition 2025S1/9 *"),
            ("with a server", "sagwan export evidence --edition 2025S1/9 *"),
        )
    ),
    Changed("reads", "* GET /v1/diff*", "a change says how many amounts either figure leaves out", "$.body.changes*"),
    Changed("tables", "*", "every table of facts and entries says when they took effect", "$.effective_at"),
    Changed("tables", "record.entry_corrected", "when what it restates takes effect", "$.restated_effective_at"),
    Changed("tables", "record.event", "that time is kept where it is another than it occurred", "$.effective_apart"),
    *(
        Changed("reads", f"* GET /v1/{path}", "rows say when a fact took effect, at the day that it names", "$.body.*")
        for path in ("views/effective*", "views/project_term*", "mirror/*")
    ),
    Changed("reads", "* GET /v1/views/period*", "designations count in the half-year of their day", "$.body.rows*"),
    *(
        Changed("reads", f"* GET /v1/types/{it}", "a type says what it means itself", "$.body.description")
        for it in ("exchange.departed", "hub.reinstated", "hub.revoked", "hub.suspended", "project.completed")
    ),
    Changed("acts", "* GET /v1/events[?]after=188*", "what is posted names the day of its time", "$.body.events.3"),
    *(
        Changed("afterwards", f"* GET /v1/views/{view}", "what is posted names the day of its time", "$.body.rows*")
        for view in ("projects", "strategy_maps")
    ),
    Changed("afterwards", "* GET /v1/views/project_term", "rows say when they took effect", "$.body.rows*effective_at"),
    *(
        Changed(
            "reads", "* GET /v1/types/*", "types and fields are described in both languages, with an example", member
        )
        for member in ("$.body.*description*", "$.body.examples", "$.body.title_ko")
    ),
    Changed(
        "reads", "* GET /v1/types/map.level_assessed", "a level says of which year its data are", "$.body.properties.*"
    ),
    Changed("reads", "* GET /v1/streams/*", "a state has all that was told", "$.body.state.*"),
    *(
        Changed(section, f"* GET /v1/views/{view}*", "what is told is shown", "$.body.*")
        for section, views in (
            (
                "reads",
                "evidence_items exchanges expansions partners project_reports projects session_items strategy_maps",
            ),
            ("afterwards", "expansions partners project_reports projects strategy_maps"),
        )
        for view in views.split()
    ),
    *(
        Changed("reads", "* GET /v1/views/cases", "who rated is for the hub alone, as the rating is", member)
        for member in ("$.body.withheld_columns*", "$.headers.Sagwan-Withheld-Columns")
    ),
    Changed("reads", "* GET /v1/streams/person:*", "why a centre answered is not for everybody", "$.body.detail"),
    Changed("tables", "main.restricted_entry", "an answer of a centre is read by several hubs", "$.readers"),
    Changed("afterwards", "* GET /v1/views/deadlines", "referrals that have a day are due", "$.body.rows*"),
    *(
        Changed("tables", f"main.{view}", "what is told is shown")
        for view in (
            "case_stop cases evidence_items exchanges expansions map_level_assessed partners project_reports projects "
            "session_items strategy_maps"
        ).split()
    ),
    Changed("tables", "record.map_level_assessed", "a level says of which year its data are", "$.reference_year"),
    Changed(
        "afterwards",
        "* GET /v1/views/irregularities",
        "a hub in Belgium that was transferred to AMERICAS",
        "$.body.rows*",
    ),
    Changed("tables", "main.hub_status", "a status has its day and reason"),
    Changed("tables", "main.hubs", "a hub has an operating body, a term and budgets"),
    *(
        Changed(section, "* GET /v1/views/hubs*", "a hub has an operating body, a term and budgets", "$.body.*")
        for section in ("reads", "afterwards")
    ),
    *(
        Changed(section, "*", "hubs write streams of the kind `centre`", f"$.body.facts.{member}*")
        for section, member in (("acts", "may_write"), ("acts", "kinds"), ("reads", "kinds"))
    ),
    Changed("reads", "* GET /v1/views/vocabulary*", "there are more lists: ministries, regions, centres", "$.body.*"),
    *(
        Changed(section, "sagwan replay projects --known 150 --format csv", "what is told is shown", "$.out.*")
        for section in ("without a server", "with a server")
    ),
    Changed("without a server", "sagwan verify", "there are more types, so more live tables", "$.out.*"),
    *(
        Changed(section, "sagwan edition list", "an edition says which it restates")
        for section in ("without a server", "with a server")
    ),
    Changed(
        "with a server", "sagwan edition show 2025S1/1 --json", "an edition says what it restates and carries over"
    ),
    *(
        Changed(section, f"* {question}", "Korean as administration writes it, from one catalogue", f"$.body.{member}")
        for section, question in (("reads", "GET /v1/editions/*"), ("acts", "POST /v1/editions/*"))
        for member in ("indicators.*.ko*", "indicators.3", "legend.*.ko", "qualitative.*.ko.*")
    ),
    Changed(
        "reads", "* GET /v1/editions/2025S1/*", "Korean as administration writes it; restatements", "$.body.text.*"
    ),
    *(
        Changed(section, f"* {question}", "an edition says what it restates and carries over", f"$.body.{member}")
        for section, question, members in (
            ("reads", "GET /v1/editions*", "editions.*.restates carried_over restatement restates"),
            ("acts", "POST /v1/editions/*", "carried_over restatement restates"),
        )
        for member in members.split()
    ),
    *(
        Changed("reads", f"* GET /v1/{path}", "who arrived without an acceptance is irregular", member)
        for path, member in (
            ("views/irregularities*", "$.body.rows*"),
            ("views/irregularities", "$.*ithheld"),
            ("streams/exchange:*", "$.body.irregularities*"),
        )
    ),
    Changed("reads", "* GET /v1/views/cases[?]suppress=5", "figures are also in control_tower", "$.body.detail"),
    Changed("reads", "* GET /v1/sample[?]*passwd*", "the nearest name is another one", "$.body.detail"),
    *(
        Changed(
            "reads", f"* GET /v1/types/expansion.{it}", "a deal names who is on its other side", "$.body.properties.*"
        )
        for it in ("contract_signed", "investment_secured")
    ),
    *(
        Changed("tables", f"{place}.expansion_{it}", "a deal names who is on its other side")
        for place in ("main", "record")
        for it in ("contract_signed", "investment_secured")
    ),
    Changed("reads", "* GET /v1/types/*", "a type has its title in words of both languages", "$.body.title_en"),
    Changed(
        "reads", "* GET /v1/types/check.restatement_proposed", "a reason has a language", "$.body.properties.reason_en"
    ),
    *(
        Changed("tables", f"{place}.check_restatement_proposed", "a reason has a language", "$.reason_en")
        for place in ("main", "record")
    ),
    *(
        Changed(
            "reads", f"auditor GET /v1/editions/{page}", "the report has a dark style and fits a small screen", member
        )
        for page in ("2025S1/1[?]format=html", "2025S1/2.html")
        for member in ("$.headers.Content-Security-Policy",)
    ),
    *(
        Changed("help", f"sagwan {name} --help", "scopes, ends and rotation of tokens; sign-in, TLS and proxies")
        for name in ("serve", "token", "token issue", "token list")
    ),
    Changed("without a server", "sagwan token issue gardener", "there is the role official", "$.err.0"),
    Changed("without a server", "sagwan token list", "tokens have scopes, ends, persons and a last use"),
    Changed("reads", "analyst GET /v1/persons", "a route says for which roles it is", "$.body.facts.*"),
    *(
        Changed("reads", f"{who} GET /v1/persons/p-none", "who opens no persons is told so first")
        for who in ("analyst", "auditor", "operator", "secretariat")
    ),
    Changed("acts", "secretariat POST /v1/persons/resolve (resolve)", "who opens no persons is told so first"),
    *(
        Changed(section, question, "who opens no persons is refused before a pseudonym is made for nobody", member)
        for section, question, member in (
            ("acts", "EU-BRU POST /v1/persons (ORCID)", "$.body.pseudonym"),
            ("acts", "EU-BRU POST /v1/persons (ORCID)", "$.headers.Location"),
            ("acts", "EU-BRU POST /v1/persons/resolve (resolve)", "$.body.pseudonyms*"),
            ("acts", "secretariat GET /v1/persons (listed)", "$.body.persons*"),
            ("afterwards", "auditor GET /v1/views/persons", "$.body.rows*"),
        )
    ),
    Changed("reads", "nobody GET /v1/types/credential.issued", "tokens have scopes, ends and persons", "$.body.*"),
    *(
        Changed(
            section, "operator GET /v1/tokens*", "tokens have scopes, ends, persons and a last use", "$.body.tokens*"
        )
        for section in ("reads", "acts")
    ),
    *(
        Changed("acts", "operator POST /v1/tokens *", "tokens have an end and a link to sign in", f"$.body.{member}")
        for member in ("expires_at", "sign_in")
    ),
    Changed("acts", "EU-BRU POST /v1/events (content type)", "events come in more forms", "$.body.*"),
    *(
        Changed(
            "acts", "EU-BRU POST /v1/events[?]after=1 (parameter)", "a batch may be taken whole", f"$.body.{member}"
        )
        for member in ("detail", "facts.parameters.0")
    ),
    Changed("acts", "operator POST /v1/tokens (not JSON)", "it says what a body is", "$.body.detail"),
    Changed("acts", "operator POST /v1/tokens (unknown role)", "there is the role official", "$.body.detail"),
    *(
        Changed(
            "reads", "analyst GET /v1/views/reviews*", "a digest of figures in full is for who reads of persons", member
        )
        for member in ("$.body.withheld_columns*", "$.headers.Sagwan-Withheld-Columns")
    ),
    *(
        Changed("tables", f"{place}.credential_issued", "tokens have scopes, ends and persons")
        for place in ("main", "record")
    ),
    *(
        Changed("tables", f"main.{view}", "a reader needs a class or persons besides", "$.needs")
        for view in ("restricted", "restricted_entry")
    ),
    Changed(
        "reads",
        "auditor GET /v1/streams/*valid=*",
        "it says what is not in effect yet as of that moment",
        "$.body.history*",
    ),
    *(
        Changed(section, f"* GET /v1/{question}", "it says from when and to when a correction moved a fact", member)
        for section, question, member in (
            ("reads", "checks/2025S2/late*", "$.body.entries.*.before"),
            ("reads", "views/late_entries*", "$.body.*.effective_*"),
            ("afterwards", "views/late_entries", "$.body.rows.*"),
        )
    ),
    Changed("tables", "main.late_entries", "the same", "$.effective_*"),
    Changed("reads", "* GET /v1/checks/2025S2/late*", "it says of what it tells no amounts", "$.body.untold"),
    *(
        Changed(section, "*", "the facts of a problem are all that its sentence says", f"$.body.facts{name}")
        for section, names in (
            ("reads", "role high low condition version operators"),
            ("acts", "stream type such_as whose may field kind indicator version"),
        )
        for name in ("", *(f".{it}" for it in names.split()))
    ),
    Changed(
        "acts",
        "secretariat POST /v1/events (golden 0 hub.designated*",
        "a problem about a word of a list has its path",
        "$.body.facts.path",
    ),
    *(
        Changed(
            "reads",
            f"* GET /v1/{of}",
            "an unknown word names the parameter that it stands in",
            "$.body.facts.parameter",
        )
        for of in ("events*", "views/*where=*")
    ),
    Changed("acts", "operator POST /v1/tokens (unknown hub)", "an unknown hub is told", "$.body.unknown_hubs*"),
    *(
        Changed("acts", question, "a field that is none is told with the nearest", "$.body.detail")
        for question in ("EU-BRU POST /v1/events (unknown member)", "EU-BRU POST /v1/persons (unknown field)")
    ),
    *(
        Changed("codes", f"record.{name}", "each of the two codes has its own status")
        for name in ("disk_full", "unavailable")
    ),
    *(
        Changed(section, "sagwan diff 187 9999", "what a sentence says is not said again behind it", "$.err.0")
        for section in ("without a server", "with a server")
    ),
    *(
        Changed("reads", f"* GET /v1/*{said}", "it says all that may stand for a point of the record", "$.body.detail")
        for said in ("known=-1", "known=x", "diff[?]a=x&b=188", "diff[?]a=2025-13-01&b=188", "diff[?]a=187&b=x")
    ),
    *(
        Changed(section, "sagwan diff x 188", "it says all that may stand for a point of the record", "$.err.0")
        for section in ("without a server", "with a server")
    ),
]
