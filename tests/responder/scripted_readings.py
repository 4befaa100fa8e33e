"""The part of the scripted executor that reads: it comes to what the test has laid out."""

from firebrigade.runbooks.contract import Refusal, RunbookStep
from firebrigade.runbooks.readings import Asked, Pause, Reading


class ScriptedReadings:
    """Steps of the actions in ``readings`` read, one entry each time; the action ``silence`` makes way for others."""

    def __init__(self) -> None:
        self.readings: dict[str, list[Reading | Pause | Refusal | BaseException]] = {}
        self.asked: list[Asked] = []

    def reads(self, action: str) -> bool:
        return action in self.readings

    def prepares(self, action: str) -> bool:
        return action == "silence"

    def read(self, step: RunbookStep, step_id: str, asked: Asked) -> Reading | Pause | Refusal:
        self.asked.append(asked)
        found = self.readings[step.action].pop(0)
        if isinstance(found, BaseException):
            raise found
        return found
