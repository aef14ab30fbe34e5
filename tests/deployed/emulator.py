"""Runs the emulator of AWS, in its own environment, with one feature that it lacks: CloudFormation can import an event
bus (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import-supported-resources.html)."""
from ministack.app import main
from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge
from ministack.services.cloudformation import changesets, provisioners

EVENT_BUS = "AWS::Events::EventBus"


def problem(name):
    """Returns why a bus cannot be imported, or `None`."""
    if name not in eventbridge._event_buses:
        return f"Resource of type '{EVENT_BUS}' with identifier '{name}' was not found."


def adopt(identifier):
    """Returns the physical ID and the attributes of a bus."""
    name = identifier["Name"]
    return name, {"Arn": f"arn:aws:events:{get_region()}:{get_account_id()}:event-bus/{name}", "Name": name}


changesets._IMPORT_LOOKUPS[EVENT_BUS] = (("Name",), problem)
provisioners._RESOURCE_HANDLERS[EVENT_BUS]["import"] = adopt
main()
