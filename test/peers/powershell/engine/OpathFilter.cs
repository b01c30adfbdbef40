using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace ExchangeEngine;

/// <summary>
/// A -Filter text, read by the engine's own parser: what that takes for a string, a variable or an operator is what it is.
/// </summary>
internal sealed class OpathFilter
{
    private readonly Ast _root;

    internal OpathFilter(string text)
    {
        ScriptBlockAst script = Parser.ParseInput(text, out _, out ParseError[] errors);
        if (errors.Length > 0) throw Invalid(text, errors[0].Message);
        if (script.EndBlock.Statements is not [PipelineAst { PipelineElements: [var only] }]) throw Invalid(text, "It isn't one expression.");
        _root = only;
        Text = text;
    }

    private string Text { get; } = "";

    internal bool Fits(object candidate) => Evaluate(_root, PSObject.AsPSObject(candidate));

    private bool Evaluate(Ast node, PSObject candidate) => node switch
    {
        CommandExpressionAst expression => Evaluate(expression.Expression, candidate),
        ParenExpressionAst { Pipeline: PipelineAst { PipelineElements: [var only] } } => Evaluate(only, candidate),
        UnaryExpressionAst { TokenKind: TokenKind.Not } not => !Evaluate(not.Child, candidate),
        BinaryExpressionAst { Operator: TokenKind.And } and => Evaluate(and.Left, candidate) && Evaluate(and.Right, candidate),
        BinaryExpressionAst { Operator: TokenKind.Or } or => Evaluate(or.Left, candidate) || Evaluate(or.Right, candidate),
        CommandAst { CommandElements: [StringConstantExpressionAst { StringConstantType: StringConstantType.BareWord } name, CommandParameterAst @operator, var literal] }
            => Compare(candidate, name.Value, @operator.ParameterName, literal),
        _ => throw Invalid(Text, $"\"{node.Extent.Text}\" isn't a comparison."),
    };

    private bool Compare(PSObject candidate, string name, string @operator, CommandElementAst literal)
    {
        PSPropertyInfo property = candidate.Properties[name]
            ?? throw Invalid(Text, $"\"{name}\" is not a recognized filterable property.");
        object? wanted = literal switch
        {
            StringConstantExpressionAst { StringConstantType: not StringConstantType.BareWord } text => text.Value,
            ConstantExpressionAst constant and not StringConstantExpressionAst => constant.Value,
            VariableExpressionAst variable => variable.VariablePath.UserPath.ToLowerInvariant() switch
            {
                "true" => true,
                "false" => false,
                "null" => null,
                _ => throw Invalid(Text, $"The variable {variable.Extent.Text} isn't known."),
            },
            _ => throw Invalid(Text, $"\"{literal.Extent.Text}\" isn't a value."),
        };
        object? actual = property.Value;
        return actual is IEnumerable many and not string
            ? many.Cast<object>().Any(one => CompareOne(one, @operator, wanted))
            : CompareOne(actual, @operator, wanted);
    }

    private bool CompareOne(object? actual, string @operator, object? wanted)
    {
        // Value objects compare by their text.
        if (actual is not (null or string or bool or DateTime or IConvertible)) actual = actual.ToString();
        if (actual is Enum) actual = actual.ToString();
        switch (@operator.ToLowerInvariant())
        {
            case "eq": return LanguagePrimitives.Equals(actual, wanted, ignoreCase: true);
            case "ne": return !LanguagePrimitives.Equals(actual, wanted, ignoreCase: true);
            case "gt": return LanguagePrimitives.Compare(actual, wanted, ignoreCase: true) > 0;
            case "ge": return LanguagePrimitives.Compare(actual, wanted, ignoreCase: true) >= 0;
            case "lt": return LanguagePrimitives.Compare(actual, wanted, ignoreCase: true) < 0;
            case "le": return LanguagePrimitives.Compare(actual, wanted, ignoreCase: true) <= 0;
            case "like": return Like(actual, wanted);
            case "notlike": return !Like(actual, wanted);
            default: throw Invalid(Text, $"\"-{@operator}\" isn't an operator.");
        }
    }

    /// <summary>OPATH knows the asterisk only.</summary>
    private static bool Like(object? actual, object? wanted)
    {
        string pattern = WildcardPattern.Escape(wanted?.ToString() ?? "").Replace("`*", "*");
        return WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase).IsMatch(actual?.ToString() ?? "");
    }

    private static ArgumentException Invalid(string text, string why) =>
        new($"Invalid filter syntax. For a description of the filter parameter syntax see the command help.\n\"{text}\" {why}");
}
