from marketplace.domain.machine import Machine, rows

MACHINE = Machine(
    name="door",
    initial="OPEN",
    transitions=(
        *rows(("OPEN",), "CLOSE", "CLOSED", ("KEEPER",), "关上"),
        *rows(("OPEN",), "SLAM", "CLOSED", ("CHILD",), "摔上"),
        *rows(("OPEN", "CLOSED"), "REMOVE", "GONE", ("KEEPER",), "拆除"),
    ),
    labels={"OPEN": "开", "CLOSED": "关", "GONE": "已拆"},
)


class TestAsMermaid:
    def test_names_states_and_events_in_the_fields_words(self):
        assert MACHINE.as_mermaid().splitlines() == [
            "stateDiagram-v2",
            '    state "开" as OPEN',
            '    state "关" as CLOSED',
            '    state "已拆" as GONE',
            "    [*] --> OPEN",
            "    OPEN --> CLOSED: 关上 / 摔上",
            "    OPEN --> GONE: 拆除",
            "    CLOSED --> GONE: 拆除",
            "    GONE --> [*]",
        ]

    def test_leaves_out_events_with_many_arrows_and_states_that_only_they_reach(self):
        drawn = MACHINE.as_mermaid(most_arrows=1)

        assert "拆除" not in drawn
        assert "GONE" not in drawn
        assert "OPEN --> CLOSED" in drawn
