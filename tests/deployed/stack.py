"""A deployed stack: what CloudFormation says of it, and the way to its API through the emulated API Gateway."""
import contextlib, http.client, json, pathlib, urllib.parse

import boto3, botocore.exceptions
from samcli.yamlhelper import yaml_dump, yaml_parse

REGION = "us-east-1"
FAILS = "Broken"


class Aws:
    """Clients of the emulator, as its administrator."""

    def __init__(self, endpoint):
        self.endpoint = endpoint

    def client(self, service):
        return boto3.client(
            service, endpoint_url=self.endpoint, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test"
        )


class Answer:
    """What came back, in the form in which functions give it to API Gateway; its body as JSON where it is JSON."""

    def __init__(self, request, response):
        self.request, self.status, self.text = request, response["statusCode"], response.get("body") or ""
        several = {name: values[-1] for name, values in (response.get("multiValueHeaders") or {}).items()}
        headers = {**several, **(response.get("headers") or {})}
        self.headers = {name.lower(): value for name, value in headers.items()}
        try:
            self.body = json.loads(self.text)
        except ValueError:
            self.body = None

    def expect(self, status):
        assert self.status == status, f"{self.request}: {self.status}, expected {status}: {self.text[:600]}"
        return self


class Stack:
    """A stack by its name."""

    def __init__(self, aws, name, stage):
        self.aws, self.name, self.stage = aws, name, stage
        resources = aws.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=name)
        resources = [resource for page in resources for resource in page["StackResourceSummaries"]]
        self.count = len(resources)
        self.resources = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}
        self.functions = {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for resource in resources if resource["ResourceType"] == "AWS::Lambda::Function"
        }
        self.address = urllib.parse.urlsplit(aws.endpoint)
        self.host = f"{self.resources['Api']}.execute-api.localhost:{self.address.port}"
        self.base = f"http://{self.host}/{stage}"

    def settle(self):
        """Makes up for three things that AWS does and the emulator does not."""
        self.import_gateway_responses()
        self.allow_mail()
        self.count_consumers()
        return self

    def import_gateway_responses(self):
        """API Gateway takes them from the API's definition."""
        template = self.aws.client("cloudformation").get_template(StackName=self.name, TemplateStage="Processed")["TemplateBody"]
        responses = template["Resources"]["Api"]["Properties"]["Body"]["x-amazon-apigateway-gateway-responses"]
        gateway, api = self.aws.client("apigateway"), self.resources["Api"]
        for kind, response in responses.items():
            gateway.put_gateway_response(restApiId=api, responseType=kind, **response)
        gateway.create_deployment(restApiId=api, stageName=self.stage)

    def allow_mail(self):
        """SES lets a policy name the identity and the sender; here there is but one resource for `ses:SendEmail`, `*`."""
        iam, role = self.aws.client("iam"), self.resources["MailerFunctionRole"]
        for name, document in list(self.policies("MailerFunction")):
            for statement in document["Statement"]:
                if "ses:SendEmail" in statement["Action"]:
                    statement["Resource"] = "*"
                    statement.pop("Condition", None)
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))

    def count_consumers(self):
        """CloudFormation makes a number of a parameter that is one."""
        lambda_ = self.aws.client("lambda")
        for mapping in lambda_.list_event_source_mappings()["EventSourceMappings"]:
            if most := mapping.get("ScalingConfig", {}).get("MaximumConcurrency"):
                lambda_.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": int(most)})

    def describe(self):
        return self.aws.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"][0]

    def status(self):
        return self.describe()["StackStatus"]

    def is_gone(self):
        try:
            return self.status() == "DELETE_COMPLETE"
        except botocore.exceptions.ClientError:
            return True

    def outputs(self):
        return {output["OutputKey"]: output["OutputValue"] for output in self.describe()["Outputs"]}

    def memory(self):
        configuration = self.aws.client("lambda").get_function_configuration
        return {configuration(FunctionName=name)["MemorySize"] for name in self.functions.values()}

    def policies(self, function):
        """The policies of a function's role: name and document."""
        iam, role = self.aws.client("iam"), self.resources[f"{function}Role"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            yield name, iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]

    def attached(self, function):
        """Policies that a function's role shares with others."""
        role = self.resources[f"{function}Role"]
        policies = self.aws.client("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        return [policy["PolicyName"] for policy in policies]

    @contextlib.contextmanager
    def without(self, function, action):
        """Takes an action away from a function for a while."""
        iam, role = self.aws.client("iam"), self.resources[f"{function}Role"]
        before = [(name, document) for name, document in self.policies(function) if action in actions(document)]
        assert before, f"{function} may not do {action} anyway"
        for name, document in before:
            left = [{**one, "Action": [a for a in listed(one["Action"]) if a != action]} for one in document["Statement"]]
            if left := [one for one in left if one["Action"]]:
                iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps({**document, "Statement": left}))
            else:
                iam.delete_role_policy(RoleName=role, PolicyName=name)
        try:
            yield
        finally:
            for name, document in before:
                iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))

    def call(self, method, path, token=None, body=None, headers=(), text=None):
        """Sends a request to the stage; the path goes over the wire as it stands."""
        # names below `.localhost` are not known to every resolver
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
            received = {"statusCode": response.status, "headers": dict(response.getheaders()), "body": response.read().decode()}
            return Answer(f"{method} {path}", received)
        finally:
            connection.close()

    def invoke(self, function, payload):
        """Invokes a function directly and returns its answer."""
        answer = self.aws.client("lambda").invoke(FunctionName=self.functions[function], Payload=json.dumps(payload))
        text = answer["Payload"].read()
        assert "FunctionError" not in answer, text
        return json.loads(text)


def listed(action):
    return [action] if isinstance(action, str) else action


def actions(document):
    """The actions that a policy allows."""
    return sorted({action for statement in document["Statement"] for action in listed(statement["Action"])})


def broken_template(root, work):
    """Writes the built template with one resource more, which cannot be created; returns its path."""
    built = root / ".aws-sam" / "build" / "template.yaml"
    template = yaml_parse(built.read_text())
    for resource in template["Resources"].values():
        # relative to the template's own folder
        if code := resource.get("Properties", {}).get("CodeUri"):
            resource["Properties"]["CodeUri"] = str(built.parent / code)
    template["Resources"][FAILS] = {
        "Type": "AWS::SQS::Queue",
        # comes last, so that there is something to take back
        "DependsOn": [name for name, one in template["Resources"].items() if one["Type"] == "AWS::Serverless::Function"],
        # half a day is the most
        "Properties": {"VisibilityTimeout": 999_999},
    }
    path = pathlib.Path(work) / "broken.yaml"
    path.write_text(yaml_dump(template))
    return path
