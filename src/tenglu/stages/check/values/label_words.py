"""Patterns of row and column labels that matter for arithmetic."""

import re
import unicodedata

TOTAL = re.compile(r"合计|小计|总计|共计|总和|^计$")
SUBTOTAL = re.compile(r"合计|小计|总计|累计|过次页|承前页")
CUMULATIVE = re.compile(r"累计$")
NET = re.compile(r"净额|净增加额")
ADDED = re.compile(r"^加[:：\s]")
TAKEN = re.compile(r"^减[:：\s]")
OF_WHICH = re.compile(r"^其中[:：]?")
ORDINAL = re.compile(r"^[(（]?[一二三四五六七八九十]+[)）]?[、.．]")
# Shares, means and prices do not add up.
NOT_ADDED = re.compile(
    r"率|比重|比例|占比|同比|环比|平均|[人次日月年户件亩单]均|均[值价费]|单价|价格|指数|%|％|倍|年龄"
    r"|(增长|增减)(?!.{0,2}[额量数])"
    r"|下限|上限|温度|系数"
)
FIXED_RATE = re.compile(r"税率|费率|利率|折扣率|征收率|折旧率|计提比例|缴费比例|单位比例|个人比例")
COUNTING = re.compile(
    r"^(附注|注释|附注编号|序号|行次|栏次|件号|行号|项次|顺序号|编号|No\.?|#)$", re.IGNORECASE
)
CODES = re.compile(
    r"代码|编码|编号|证号|证件|身份证|号码|电话|手机|邮编|[账帐]号|文号|批号|卡号|学号|工号|案卷号"
    r"|档号|传真"
)
FIGURES = re.compile(
    r"金额|数量|[数额价值]$|面积|产量|收入|支出|合计|小计|总计|人数|结转|结余|拨款|余额|经费|得分|分值|满分|标准分|扣分|权重|\d分[)）]$"
    r"|[千万亿]?元[)）]?$|期末|期初|年末|年初|本期|上期|本年|上年"
)
DATES = re.compile(r"日期|年月|时间|出生|起止|^起$|^止$")

QUANTITY = re.compile(r"数量|工程量|件数|用量")
PRICE = re.compile(r"单价|价格")
AMOUNT = re.compile(r"金额|总价|合价|价款|小计|合计")
SHARE = re.compile(r"占比|比重|比例|百分比|占.{0,6}[%％]|构成")
OPENING = re.compile(r"(年初|期初|上年|上期|月初).*(结转|结余|余额|库存|数|存)|^(年初|期初|月初)$")
CLOSING = re.compile(r"(年末|期末|月末|结转下年).*(结转|结余|余额|库存|数|存)?")
AT_FIRST = re.compile(r"期初|年初|月初|上年|上期")
AT_LAST = re.compile(r"期末|年末|月末")
COMING = re.compile(r"收入|增加|借方|入库|收到|购入")
GOING = re.compile(r"支出|减少|贷方|出库|付出|领用")
RESULT = re.compile(r"净[值额]|实发|差额|增减|结余|余额|剩余|未.{1,4}数?$|应[付补退]")
MOVED = re.compile(r"发生额|交易金额|变动金额|收支金额|^金额")
BALANCE = re.compile(r"余额|结余|结存|库存")

_LEADING = re.compile(
    r"^(?:其中[:：]?|[加减][:：]|[(（]?[一二三四五六七八九十\d]+[)）]?[、.．]|[(（][一二三四五六七八九十\d]+[)）])+"
)
_TRAILING = re.compile(r"[(（][^()（）]*[)）]$|[:：]$")


def folded(text: str) -> str:
    """Return a label in normal form NFKC, without white space."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def core(label: str) -> str:
    """Return a label without its ordinal, 其中, 加 or 减, and without brackets at its end."""
    return _TRAILING.sub("", _LEADING.sub("", label))
