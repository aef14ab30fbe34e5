"""A deployed environment: its two stacks in CloudFormation, and requests through the emulated API Gateway."""
import contextlib, http.client, json, pathlib, urllib.parse

import boto3, botocore.exceptions
from samcli.yamlhelper import yaml_dump, yaml_parse

REGION = "us-east-1"
BROKEN_RESOURCE = "Broken"


class Aws:
    """Creates clients of the emulator with administrator permissions."""

    def __init__(self, endpoint):
        self.endpoint = endpoint

    def client(self, service):
        return boto3.client(
            service, endpoint_url=self.endpoint, region_name=REGION,
            aws_access_key_id="test", aws_secret_access_key="test",
        )


class Answer:
    """A response in the format that functions return to API Gateway, with its body parsed if it is JSON."""

    def __init__(self, request, response):
        self.request, self.status, self.text = request, response["statusCode"], response.get("body") or ""
        several = {name: values[-1] for name, values in (response.get("multiValueHeaders") or {}).items() if values}
        headers = {**several, **(response.get("headers") or {})}
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.cookies = (response.get("multiValueHeaders") or {}).get("set-cookie", [])
        try:
            self.body = json.loads(self.text)
        except ValueError:
            self.body = None

    def expect(self, status):
        assert self.status == status, f"{self.request}: {self.status}, expected {status}: {self.text[:600]}"
        return self


class Stack:
    """A deployed compute stack with its data stack; or a single stack, as there was before the data stack."""

    def __init__(self, aws, name, stage):
        self.aws, self.name, self.stage = aws, name, stage
        parameters = {one["ParameterKey"]: one["ParameterValue"] for one in self.describe()["Parameters"]}
        self.data = parameters.get("DataStack")
        resources = self.listed(name) + (self.listed(self.data) if self.data else [])
        self.count = len(resources)
        self.resources = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}
        assert len(self.resources) == self.count, "both stacks have a resource of the same name"
        self.functions = {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for resource in resources if resource["ResourceType"] == "AWS::Lambda::Function"
        }
        if stream := parameters.get("TableStreamArn"):
            self.resources["Table"] = stream.split("/")[1]
        self.address = urllib.parse.urlsplit(aws.endpoint)
        self.host = f"{self.resources['Api']}.execute-api.localhost:{self.address.port}"
        self.base = f"http://{self.host}/{stage}"
        # What checks prepare once, see `provisioning.crowd`.
        self.crowds = {}

    def listed(self, name):
        pages = self.aws.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=name)
        return [resource for page in pages for resource in page["StackResourceSummaries"]]

    def emulate_missing_features(self):
        """Does four things that AWS does and the emulator does not."""
        self.import_gateway_responses()
        self.allow_mail()
        self.ignore_leading_keys()
        self.count_consumers()
        return self

    def import_gateway_responses(self):
        """Imports the gateway responses, which API Gateway takes from the definition of the API."""
        template = self.aws.client("cloudformation").get_template(StackName=self.name, TemplateStage="Processed")
        definition = template["TemplateBody"]["Resources"]["Api"]["Properties"]["Body"]
        responses = definition["x-amazon-apigateway-gateway-responses"]
        gateway, api = self.aws.client("apigateway"), self.resources["Api"]
        for kind, response in responses.items():
            gateway.put_gateway_response(restApiId=api, responseType=kind, **response)
        gateway.create_deployment(restApiId=api, stageName=self.stage)

    def allow_mail(self):
        """Allows `ses:SendEmail` on `*`, because the emulator supports no policies on an identity and a sender."""
        iam, role = self.aws.client("iam"), self.resources["MailerFunctionRole"]
        for name, document in list(self.policies("MailerFunction")):
            for statement in document["Statement"]:
                if "ses:SendEmail" in statement["Action"]:
                    statement["Resource"] = "*"
                    statement.pop("Condition", None)
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))

    def ignore_leading_keys(self):
        """Removes the conditions on keys of the table, which the emulator does not know."""
        iam = self.aws.client("iam")
        for function in self.functions:
            for name, document in list(self.policies(function)):
                conditions = [one.pop("Condition") for one in document["Statement"] if "LeadingKeys" in str(one)]
                if conditions:
                    role = self.resources[f"{function}Role"]
                    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))

    def count_consumers(self):
        """Sets the concurrency of queue consumers as a number; CloudFormation converts the parameter from a string."""
        lambda_ = self.aws.client("lambda")
        for mapping in lambda_.list_event_source_mappings()["EventSourceMappings"]:
            if limit := mapping.get("ScalingConfig", {}).get("MaximumConcurrency"):
                scaling = {"MaximumConcurrency": int(limit)}
                lambda_.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig=scaling)

    def describe(self, name=None):
        return self.aws.client("cloudformation").describe_stacks(StackName=name or self.name)["Stacks"][0]

    def status(self):
        return self.describe()["StackStatus"]

    def is_gone(self):
        return all(self.is_deleted(name) for name in [self.name, self.data] if name)

    def is_deleted(self, name):
        try:
            return self.describe(name)["StackStatus"] == "DELETE_COMPLETE"
        except botocore.exceptions.ClientError:
            return True

    def outputs(self):
        return {output["OutputKey"]: output["OutputValue"] for output in self.describe()["Outputs"]}

    def memory(self):
        configuration = self.aws.client("lambda").get_function_configuration
        return {configuration(FunctionName=name)["MemorySize"] for name in self.functions.values()}

    def policies(self, function):
        """Yields the name and the document of each policy of a function's role."""
        iam, role = self.aws.client("iam"), self.resources[f"{function}Role"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            yield name, iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]

    def attached(self, function):
        """Returns the names of the policies that a function's role shares with others."""
        role = self.resources[f"{function}Role"]
        policies = self.aws.client("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        return [policy["PolicyName"] for policy in policies]

    @contextlib.contextmanager
    def without(self, function, action):
        """Removes the permission for an action from a function temporarily."""
        iam, role = self.aws.client("iam"), self.resources[f"{function}Role"]
        before = [(name, document) for name, document in self.policies(function) if action in actions(document)]
        assert before, f"{function} has no permission for {action}"
        for name, document in before:
            without = lambda actions: [one for one in listed(actions) if one != action]
            left = [{**one, "Action": without(one["Action"])} for one in document["Statement"]]
            if left := [one for one in left if one["Action"]]:
                changed = json.dumps({**document, "Statement": left})
                iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=changed)
            else:
                iam.delete_role_policy(RoleName=role, PolicyName=name)
        try:
            yield
        finally:
            for name, document in before:
                iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))

    def restart(self, function):
        """Ends the processes of a function. Its next request starts a new one."""
        client, name = self.aws.client("lambda"), self.functions[function]
        variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})

    def call(self, method, path, token=None, body=None, headers=(), text=None):
        """Sends a request to the stage, without changes to the path."""
        # Not every resolver knows names below `.localhost`, so connect to the address and set `Host`.
        connection = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=60)
        sent = {"Host": self.host, "X-Forwarded-Proto": "http"}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None:
            text = json.dumps(body)
            sent["Content-Type"] = "application/scim+json" if path.startswith("/scim") else "application/json"
        sent.update(headers)
        try:
            connection.request(method, f"/{self.stage}{path}", text, sent)
            response = connection.getresponse()
            text = response.read().decode()
            received = {"statusCode": response.status, "headers": dict(response.getheaders()), "body": text}
            received["multiValueHeaders"] = {"set-cookie": response.headers.get_all("set-cookie") or []}
            return Answer(f"{method} {path}", received)
        finally:
            connection.close()

    def invoke(self, function, payload):
        """Invokes a function directly and returns its response."""
        failed, text = self.invoked(function, payload)
        assert not failed, text
        return json.loads(text)

    def ask(self, authorizer, payload):
        """Invokes an authorizer directly and returns its response, or `None` if it refuses the request."""
        failed, text = self.invoked(authorizer, payload)
        if failed and json.loads(text)["errorMessage"] == "Unauthorized":
            return None
        assert not failed, text
        return json.loads(text)

    def invoked(self, function, payload):
        answer = self.aws.client("lambda").invoke(FunctionName=self.functions[function], Payload=json.dumps(payload))
        return "FunctionError" in answer, answer["Payload"].read()


def listed(action):
    return [action] if isinstance(action, str) else action


def actions(document):
    """Returns the actions that a policy allows."""
    return sorted({action for statement in document["Statement"] for action in listed(statement["Action"])})


def built_template(root):
    """Returns the built template, for use in another folder."""
    built = root / ".aws-sam" / "build" / "template.yaml"
    template = yaml_parse(built.read_text())
    for resource in template["Resources"].values():
        # `CodeUri` is relative to the folder of the built template.
        if code := resource.get("Properties", {}).get("CodeUri"):
            resource["Properties"]["CodeUri"] = str(built.parent / code)
    return template


def broken_template(root, work):
    """Writes the built template with an additional resource that cannot be created, and returns the path."""
    template = built_template(root)
    functions = [name for name, one in template["Resources"].items() if one["Type"] == "AWS::Serverless::Function"]
    template["Resources"][BROKEN_RESOURCE] = {
        "Type": "AWS::SQS::Queue",
        # The resource is created last, so that there are other changes to roll back.
        "DependsOn": functions,
        # The timeout is longer than the maximum of twelve hours.
        "Properties": {"VisibilityTimeout": 999_999},
    }
    path = pathlib.Path(work) / "broken.yaml"
    path.write_text(yaml_dump(template))
    return path


def plain(node):
    """Returns resources of the data stack without its options, which there were not before it."""
    if isinstance(node, list):
        return [plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("Fn::If", [None])[0] in ["HasKey", "CapsUnits", "ExpiresArchive"]:
        return plain(node["Fn::If"][2])
    return {key: value for key, item in node.items() if (value := plain(item)) != {"Ref": "AWS::NoValue"}}


def single_template(root, work):
    """Writes a template in the form of before the data stack: both templates in one, and returns the path."""
    template, data = built_template(root), yaml_parse((root / "infra" / "data.yaml").read_text())
    exports = {
        output["Export"]["Name"]["Fn::Sub"].removeprefix("${AWS::StackName}-"): output["Value"]
        for output in data["Outputs"].values() if "Export" in output
    }

    def joined(node):
        if isinstance(node, list):
            return [joined(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "Fn::ImportValue" in node:
            return exports[node["Fn::ImportValue"]["Fn::Sub"].removeprefix("${DataStack}-")]
        if node.get("Fn::If", [None])[0] == "GivesTable":
            return joined(node["Fn::If"][2])
        return {key: joined(value) for key, value in node.items()}

    template = joined(template)
    for section, names in {"Parameters": ["DataStack", "TableStreamArn"], "Conditions": ["GivesTable"]}.items():
        for name in names:
            del template[section][name]
    template["Parameters"]["DeletionProtection"] = data["Parameters"]["DeletionProtection"]
    resources = plain(data["Resources"])
    # The bus had the name of the stack, and these resources went with the stack.
    resources["EventBus"]["Properties"]["Name"] = {"Ref": "AWS::StackName"}
    for name in ["EventBus", "UnrelayedQueue", "RoleDeadLetters", "MailDeadLetters", "WebhookDeadLetters"]:
        resources[name].pop("DeletionPolicy")
        resources[name].pop("UpdateReplacePolicy")
    resources["MailDeadLetters"]["Condition"] = "SendsMail"
    template["Resources"] |= resources
    path = pathlib.Path(work) / "single.yaml"
    path.write_text(yaml_dump(template))
    return path
