"""The section of the site."""

from lgi.settings import Count, Settings


class Site(Settings):
    """The section of the site: how much its pages show."""

    findings: Count  # of each study on the first page
    pictures: Count  # of each study on the first page
    rows: Count  # of a table that a page holds; the rest is in the CSV
    megabytes: Count  # that the single file may have
