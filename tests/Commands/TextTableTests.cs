using NUnit.Framework;
using RucioOperator.Commands;

namespace RucioOperator.Tests.Commands;

public sealed class TextTableTests
{
    [Test]
    public void Columns_are_as_wide_as_their_longest_cell_and_lines_end_with_their_text() =>
        Assert.That(new TextTable("Name", "Message").Add("sky", "is\nready").Add("polarimeter", null).ToString(), Is.EqualTo("NAME          MESSAGE\nsky           is ready\npolarimeter\n"));

    [Test]
    public void A_row_has_a_cell_for_each_column() => Assert.That(() => new TextTable("Name").Add("a", "b"), Throws.ArgumentException);
}
