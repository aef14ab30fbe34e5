"""Runs the emulator of AWS, in its own environment, with two things that CloudFormation does and the emulator does not:
it can import an event bus, and an imported table or queue without a name in its template keeps the name that it has.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import-supported-resources.html
"""
from ministack.app import main
from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge
from ministack.services.cloudformation import changesets, provisioners

EVENT_BUS = "AWS::Events::EventBus"
# The property that names a resource. The physical ID is the name, or a URL that ends in it.
NAMES = {"AWS::DynamoDB::Table": "TableName", "AWS::SQS::Queue": "QueueName"}


def problem(name):
    """Returns why a bus cannot be imported, or `None`."""
    if name not in eventbridge._event_buses:
        return f"Resource of type '{EVENT_BUS}' with identifier '{name}' was not found."


def adopt(identifier):
    """Returns the physical ID and the attributes of a bus."""
    name = identifier["Name"]
    return name, {"Arn": f"arn:aws:events:{get_region()}:{get_account_id()}:event-bus/{name}", "Name": name}


def keep_name(kind):
    """Changes how the emulator updates a type of resource: without this, it replaces each resource without a name in
    its template whose name is not the one that it would generate."""
    handler, property = provisioners._RESOURCE_HANDLERS[kind], NAMES[kind]
    update = handler["update"]

    def update_named(physical, old, new, *rest):
        if not old.get(property) and not new.get(property):
            old, new = ({**properties, property: physical.rpartition("/")[2]} for properties in [old, new])
        return update(physical, old, new, *rest)

    handler["update"] = update_named


changesets._IMPORT_LOOKUPS[EVENT_BUS] = (("Name",), problem)
provisioners._RESOURCE_HANDLERS[EVENT_BUS]["import"] = adopt
for kind in NAMES:
    keep_name(kind)
main()
