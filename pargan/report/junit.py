"""The result of a gate in the XML form of JUnit, which continuous integration servers show."""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from pargan.audits.gate import GateResult, GateStatus


def junit_xml(gate: GateResult) -> bytes:
    """One test suite with a test case for each clause; a metric that was not measured is an error."""
    counts = {
        "tests": len(gate.clauses),
        "failures": gate.count(GateStatus.FAILED),
        "errors": gate.count(GateStatus.NOT_MEASURED),
    }
    suite = Element("testsuite", {"name": "pargan", **{key: str(number) for key, number in counts.items()}})
    for clause in gate.clauses:
        case = SubElement(suite, "testcase", classname="pargan.fail_if", name=clause.clause)
        if clause.status is GateStatus.FAILED:
            SubElement(case, "failure", message=str(clause))
        elif clause.status is GateStatus.NOT_MEASURED:
            SubElement(case, "error", message=str(clause))
        else:
            SubElement(case, "system-out").text = str(clause)
    indent(suite)
    return tostring(suite, encoding="utf-8", xml_declaration=True) + b"\n"
