# Overview: the first page.

overview-reading = The request log is long and still being read: the steps and times below are not all yet. { $health }Health{ $health-end } shows how far it is.
