# The record of one request or change.

record-request = Request
record-close = Close
record-what-changed = What changed
record-nothing = Nothing.
record-values = Values before and after
record-value = Value
record-before = Before
record-after = After
record-open = Open
record-by = By
record-source-address = Source address
record-user-agent = User agent
record-session = Session
record-more = { $number ->
        [one] { $number } more change by the same request
       *[other] { $number } more changes by the same request
    }
record-sent = What was sent
record-from-elsewhere = It came from elsewhere (your application, the console, or this service itself), or the log no longer has it.
record-answer = Answer
record-reason = Reason
record-came-from = Came from
record-stands-for = Stands for
record-stands-for-reads = { $number } reads: this log keeps only some of the successful ones
record-found = Found
record-read-as = Read as
record-left-out = Left out
record-connection = Connection
record-request-id = Request ID
record-took = { $number } ms
